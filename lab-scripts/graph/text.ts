/** How wide text is, without a font at hand: a guess on the safe side for fonts that a browser may choose. */

/** Advance of a monospaced glyph, as a share of the font's size. */
const MONO = 0.61;
/** Of an average one of a proportional font, bold ones included. */
const SANS = 0.62;

export function monoWidth(text: string, size: number): number {
  return text.length * size * MONO;
}

export function sansWidth(text: string, size: number): number {
  return text.length * size * SANS;
}

/** For text and attributes of XML and HTML. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
