/** Around the matrix: which kinds and families it shows, what its characters mean, and the facts that are no packets. */
import { meaningOf } from "../../report/cell.ts";
import { h } from "./dom.ts";
import type { Filter, Lab } from "./lab.ts";

export function chips(lab: Lab, filter: Filter, choose: (filter: Filter) => void): HTMLElement {
  const chip = (text: string, pressed: boolean, next: Filter) =>
    h("button", { type: "button", "aria-pressed": pressed ? "true" : "false", onclick: () => choose(next) }, text);
  const { kind, family } = filter;
  const families = lab.families();
  const withFamily = family === undefined ? {} : { family };
  const withKind = kind === undefined ? {} : { kind };
  return h(
    "div",
    { class: "chips" },
    h(
      "div",
      { role: "group", "aria-label": "Kind of check" },
      chip("all kinds", kind === undefined, withFamily),
      lab.kinds().map((one) => chip(one, kind === one, { kind: one, ...withFamily })),
    ),
    families.length > 1 &&
      h(
        "div",
        { role: "group", "aria-label": "IP family" },
        chip("both", family === undefined, withKind),
        families.map((one) => chip(`IPv${one}`, family === one, { ...withKind, family: one })),
      ),
  );
}

export function legend(symbols: ReadonlySet<string>): HTMLElement {
  const said = [...symbols]
    .filter((symbol) => symbol !== " ")
    .sort()
    .toReversed();
  return h(
    "p",
    { class: "legend" },
    said.map((symbol) => {
      const asExpected = symbol === symbol.toLowerCase();
      const shown = symbol === "·" ? "✓" : symbol;
      return h("span", {}, h("b", { class: asExpected ? "pass" : "fail" }, shown), meaningOf(symbol));
    }),
  );
}

const MOST_FACTS = 8;

/** What was read off the containers rather than probed. */
export function facts(lab: Lab, cell: (from: string, to: string) => void): HTMLElement {
  const of = lab.data.checks.filter(({ kind }) => kind === "fact");
  if (of.length === 0) return h("p");
  const failed = of.filter(({ verdict }) => verdict !== "pass");
  return h(
    "p",
    { class: "facts" },
    `Facts about pods, read off their containers: ${of.length - failed.length} of ${of.length} as expected. `,
    [...new Map(failed.map((check) => [check.to, check])).values()]
      .slice(0, MOST_FACTS)
      .map(({ from, to }) => h("button", { type: "button", class: "fail", onclick: () => cell(from, to) }, to)),
  );
}
