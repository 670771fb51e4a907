/**
 * What is said inside a lab, for a terminal or a report. A server in a pod may answer anything; a control character (ECMA-48), or one
 * that turns the direction of text around (Unicode's category Cf), would act on the terminal of whoever reads it.
 */
const ACTS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** What JSON with any of these in it has. */
const SUSPECT = /[^\x20-\x5b\x5d-\x7e]/;

/** Returns the text with such characters written as `\u001b`. @param spared those that stay */
export function printable(text: string, spared = ""): string {
  return text.replace(ACTS, (found) =>
    spared.includes(found) ? found : `\\u${found.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}

/** Returns the value of JSON from inside a lab, with all texts printable. @throws SyntaxError */
export function parseTold(json: string, spared = "") {
  // Of the thousands of lines of a large lab hardly any needs a look at each of its values.
  if (!SUSPECT.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_, value) => (typeof value === "string" ? printable(value, spared) : value));
}
