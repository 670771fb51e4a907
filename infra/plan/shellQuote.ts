/** One word for a POSIX shell, whatever is in it (XCU 2.2.2: single quotes keep everything but themselves). */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
