/** Source by target: a cell for each two ends, in which all their checks of the chosen kind are one character. */
import { type Cell, cellOf, meaningOf } from "../../report/cell.ts";
import { byId, h, plural } from "./dom.ts";
import type { Filter, Lab } from "./lab.ts";

/** From so many targets on, cells are small and columns are named upright. */
const MANY = 14;

export function showMatrix(
  lab: Lab,
  filter: Filter,
  on: { readonly cell: (from: string, to: string) => void; readonly filter: (filter: Filter) => void },
): void {
  const section = byId("matrix");
  const before = document.activeElement?.closest("#matrix [data-key]")?.getAttribute("data-key");
  const probed = lab.pairs.filter((pair) => lab.judgedOf(pair, filter.kind).length > 0);
  const sources = [...new Set(probed.map(({ from }) => from))];
  const targets = ordered(sources, [...new Set(probed.map(({ to }) => to))]);
  const symbols = new Set<string>();
  const dense = targets.length > MANY;
  const body = sources.map((from, row) =>
    h(
      "tr",
      { class: startsGroup(sources, row) ? "first" : undefined },
      h("th", { scope: "row" }, from),
      targets.map((to, column) => {
        const judged = lab.judged(from, to, filter);
        const cell = cellOf(judged);
        symbols.add(cell.symbol);
        const first = row === 0 && column === 0;
        return tile(from, to, cell, judged.length, judged.filter(({ verdict }) => verdict === "pass").length, [
          first,
          startsGroup(targets, column),
        ]);
      }),
    ),
  );
  const grid = h(
    "table",
    { role: "grid", class: dense ? "matrix dense" : "matrix", "aria-label": "Who reaches whom" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", { class: "corner" }, dense ? "" : "from \\ to"),
        targets.map((to, column) =>
          h("th", { scope: "col", class: startsGroup(targets, column) ? "first" : undefined }, h("span", {}, to)),
        ),
      ),
    ),
    h("tbody", {}, body),
  );
  grid.addEventListener("click", (event) => open(event.target, on.cell));
  grid.addEventListener("keydown", (event) => keyed(event, on.cell));
  section.replaceChildren(
    h("h2", { id: "matrix-title" }, "Matrix"),
    chips(lab, filter, on.filter),
    h("div", { class: "scroll", tabindex: -1 }, grid),
    legend(symbols),
    facts(lab, on.cell),
  );
  if (before) section.querySelector<HTMLElement>(`[data-key="${CSS.escape(before)}"]`)?.focus();
}

/** Sources in their order, then what is only asked. */
function ordered(sources: readonly string[], targets: readonly string[]): string[] {
  const asked = new Set(targets);
  return [...sources.filter((name) => asked.has(name)), ...targets.filter((name) => !sources.includes(name))];
}

function startsGroup(names: readonly string[], at: number): boolean {
  const group = (name: string) => (name.includes("/") ? name.split("/")[0] : "");
  return at > 0 && group(names[at]!) !== group(names[at - 1]!);
}

function tile(
  from: string,
  to: string,
  cell: Cell,
  total: number,
  passed: number,
  [first, newGroup]: readonly boolean[],
) {
  const { symbol, verdict } = cell;
  const counted = total === 0 ? "not asked" : `${passed} of ${plural(total, "check")} as expected`;
  const said = [counted, symbol === "·" ? "" : meaningOf(symbol)].filter(Boolean).join(", ");
  return h(
    "td",
    {
      role: "gridcell",
      class: `${verdict}${symbol === "·" ? " reached" : ""}${newGroup ? " first" : ""}`,
      tabindex: first ? 0 : -1,
      "data-key": `${from} ${to}`,
      "data-from": from,
      "data-to": to,
      "aria-label": `${from} to ${to}: ${said}`,
      title: total === 0 ? undefined : `${from} → ${to}: ${said}`,
    },
    total === 0 ? "" : symbol === "·" ? "✓" : symbol,
  );
}

function open(target: EventTarget | null, cell: (from: string, to: string) => void): void {
  const found = (target as Element | null)?.closest<HTMLElement>("[data-from]");
  if (!found || found.classList.contains("none")) return;
  for (const other of document.querySelectorAll("#matrix td[tabindex='0']")) other.setAttribute("tabindex", "-1");
  found.tabIndex = 0;
  cell(found.dataset.from!, found.dataset.to!);
}

/** A grid is one stop of the Tab key; within it the arrows go (WAI-ARIA's grid pattern). */
function keyed(event: KeyboardEvent, cell: (from: string, to: string) => void): void {
  const at = (event.target as Element).closest<HTMLTableCellElement>("td[data-from]");
  if (!at) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open(at, cell);
    return;
  }
  const row = at.parentElement as HTMLTableRowElement;
  const last = row.cells.length - 1;
  const below = (step: number) => (row.parentElement as HTMLTableSectionElement).rows[row.sectionRowIndex + step];
  const next = {
    ArrowRight: row.cells[Math.min(at.cellIndex + 1, last)],
    ArrowLeft: row.cells[Math.max(at.cellIndex - 1, 1)],
    ArrowDown: below(1)?.cells[at.cellIndex],
    ArrowUp: below(-1)?.cells[at.cellIndex],
    Home: row.cells[1],
    End: row.cells[last],
  }[event.key];
  if (!next) return;
  event.preventDefault();
  at.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

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
