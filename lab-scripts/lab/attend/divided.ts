/** What a program says that does one thing first, and then another. */
import { finished, PassThrough, type Readable } from "node:stream";

/** What comes before the mark, and what comes after it. Rejects when the mark never comes. @param mark a line */
export function divided(stdout: Readable, mark: string): { said: Promise<string>; rest: Readable } {
  const rest = new PassThrough();
  const { promise: said, resolve, reject } = Promise.withResolvers<string>();
  let before = "";
  const hear = (piece: Buffer) => {
    // What a unit says of itself may be in any language, and cut anywhere; the mark is not.
    before += piece.toString("latin1");
    const at = before.indexOf(mark);
    if (at < 0) return;
    stdout.off("data", hear);
    rest.write(Buffer.from(before.slice(at + mark.length), "latin1"));
    stdout.pipe(rest);
    resolve(Buffer.from(before.slice(0, at), "latin1").toString());
  };
  stdout.on("data", hear);
  finished(stdout, () => {
    reject(new Error(`it ended before it had said ${mark.trim()}`));
    rest.end();
  });
  return { said, rest };
}
