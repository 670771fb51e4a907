/** Text for an element or an attribute of XML and HTML. Characters that XML 1.0 does not allow at all (2.2 Char) are replaced. */
export function escaped(text: string): string {
  return text.toWellFormed().replace(SPECIAL, (character) => ENTITIES[character] ?? "\ufffd");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const SPECIAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff&<>"\n]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};
