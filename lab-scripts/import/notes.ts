/** What an import leaves out or changes, item by item, for the user to read. */
import { printable } from "../../infra/machine/told.ts";

export class Notes {
  readonly lines: string[] = [];

  /** @param item `pod shop/web` */
  leftOut(item: string, why: string): void {
    this.#add(`${item} is left out: ${why}`);
  }

  changed(item: string, what: string): void {
    this.#add(`${item}: ${what}`);
  }

  /** Says that something has another name in the lab than in the cluster, where it has. Returns that name. */
  called(item: string, own: string, name: string): string {
    if (name !== own) this.changed(item, `is called ${name} in the lab`);
    return name;
  }

  #add(line: string): void {
    // What a manifest says goes to a terminal.
    const shown = printable(line);
    if (!this.lines.includes(shown)) this.lines.push(shown);
  }
}
