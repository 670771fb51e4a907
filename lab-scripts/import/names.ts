/** Names of Kubernetes as names of podlab, which are shorter, begin with a letter and hold no dot. */

const LONGEST = 40;

/** Names that have to differ from each other. */
export class Names {
  readonly #taken: Set<string>;

  /** @param reserved names that nothing may get */
  constructor(reserved: readonly string[] = []) {
    this.#taken = new Set(reserved);
  }

  /**
   * Returns a name that is not taken, as near to the wanted one as can be. It then is taken.
   * @param qualifier tells two of the same name apart: their namespace
   */
  take(wanted: string, qualifier?: string): string {
    const candidates = [wanted, ...(qualifier === undefined ? [] : [`${qualifier}-${wanted}`])].map((one) =>
      legal(one),
    );
    let found = candidates.find((one) => !this.#taken.has(one));
    for (let n = 2; found === undefined; n += 1) {
      const numbered = legal(wanted, `-${n}`);
      if (!this.#taken.has(numbered)) found = numbered;
    }
    this.#taken.add(found);
    return found;
  }
}

/** @param ending is added, and what is before it cut so that it fits */
function legal(name: string, ending = ""): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  const begun = /^[a-z]/.test(plain) ? plain : `x-${plain}`;
  return begun.slice(0, LONGEST - ending.length).replace(/-+$/, "") + ending;
}
