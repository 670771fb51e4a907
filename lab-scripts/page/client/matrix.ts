/** Source by target: a cell for each two ends, in which all their checks of the chosen kind are one character. */
import { given } from "../../given.ts";
import { plural } from "../../report/amounts.ts";
import { axesOf, cellOf, type Judged, meaningOf, REACHED } from "../../report/cell.ts";
import { button, byId, type Child, filled, h } from "./dom.ts";
import type { Filter, Lab } from "./lab.ts";
import type { Choose } from "./shown.ts";

/** From so many targets on, cells are small and columns are named upright. */
const MANY = 14;

export function showMatrix(lab: Lab, filter: Filter, choose: Choose, refilter: (filter: Filter) => void): void {
  const section = byId("matrix");
  const before = document.activeElement?.closest("#matrix [data-key]")?.getAttribute("data-key");
  const { sources, targets } = axesOf(lab.pairs.filter((pair) => lab.judgedOf(pair, filter.kind).length > 0));
  const dense = targets.length > MANY;
  const columns = targets.map((to, at) => h("th", { scope: "col", class: groupClass(targets, at) }, h("span", to)));
  const rows = sources.map((from, row) => {
    const tiles = targets.map((to, at) => tile(from, to, lab.judged(from, to, filter), groupClass(targets, at)));
    return h("tr", { class: groupClass(sources, row) }, h("th", { scope: "row" }, from), tiles);
  });
  const grid = h(
    "table",
    { role: "grid", class: dense ? "matrix dense" : "matrix", "aria-label": "Who reaches whom" },
    h("thead", h("tr", h("td", { class: "corner" }, !dense && "from \\ to"), columns)),
    h("tbody", rows),
  );
  grid.querySelector("[data-key]")?.setAttribute("tabindex", "0");
  grid.addEventListener("click", (event) => open(event.target, choose));
  grid.addEventListener("keydown", (event) => keyed(event, choose));
  filled(
    section,
    h("h2", { id: "matrix-title" }, "Matrix"),
    chips(lab, filter, refilter),
    h("div", { class: "scroll", tabindex: -1 }, grid),
    legend(sources.flatMap((from) => targets.map((to) => cellOf(lab.judged(from, to, filter)).symbol))),
    facts(lab, choose),
  );
  if (before) section.querySelector<HTMLElement>(`[data-key="${CSS.escape(before)}"]`)?.focus();
}

/** `first` where a host's pods begin. */
function groupClass(names: readonly string[], at: number): string | undefined {
  const group = (name: string) => (name.includes("/") ? name.split("/")[0] : "");
  return at > 0 && group(names[at]!) !== group(names[at - 1]!) ? "first" : undefined;
}

function tile(from: string, to: string, judged: readonly Judged[], group: string | undefined): HTMLElement {
  const { symbol, verdict } = cellOf(judged);
  const passed = judged.filter((one) => one.verdict === "pass").length;
  const asked = judged.length > 0;
  const counted = asked ? `${passed} of ${plural(judged.length, "check")} as expected` : "not asked";
  const said = [counted, symbol === REACHED ? "" : meaningOf(symbol)].filter(Boolean).join(", ");
  return h(
    "td",
    {
      role: "gridcell",
      class: [verdict, symbol === REACHED && "reached", group].filter(Boolean).join(" "),
      tabindex: -1,
      "data-key": `${from} ${to}`,
      "data-from": from,
      "data-to": to,
      "aria-label": `${from} to ${to}: ${said}`,
      title: asked ? `${from} → ${to}: ${said}` : undefined,
    },
    asked && shown(symbol),
  );
}

const shown = (symbol: string): string => (symbol === REACHED ? "✓" : symbol);

function open(target: EventTarget | null, choose: Choose): void {
  const found = (target as Element | null)?.closest<HTMLElement>("[data-from]");
  if (!found || found.classList.contains("none")) return;
  for (const other of document.querySelectorAll("#matrix td[tabindex='0']")) other.setAttribute("tabindex", "-1");
  found.tabIndex = 0;
  choose({ from: found.dataset.from!, to: found.dataset.to! });
}

/** A grid is one stop of the Tab key; within it the arrows go (WAI-ARIA's grid pattern). */
function keyed(event: KeyboardEvent, choose: Choose): void {
  const at = (event.target as Element).closest<HTMLTableCellElement>("td[data-from]");
  if (!at) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open(at, choose);
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

/** A button for each kind of check, and for each family where there are two; the pressed ones are the filter. */
function chips(lab: Lab, { kind, family }: Filter, refilter: (filter: Filter) => void): HTMLElement {
  const [withKind, withFamily] = [given({ kind }), given({ family })];
  const families = lab.families();
  const group = (label: string, ...chips: readonly (readonly [text: string, pressed: boolean, next: Filter])[]) =>
    h(
      "div",
      { role: "group", "aria-label": label },
      chips.map(([text, pressed, next]) => button(text, () => refilter(next), { "aria-pressed": String(pressed) })),
    );
  return h(
    "div",
    { class: "chips" },
    group(
      "Kind of check",
      ["all kinds", kind === undefined, withFamily],
      ...lab.kinds().map((one) => [one, kind === one, { kind: one, ...withFamily }] as const),
    ),
    families.length > 1 &&
      group(
        "IP family",
        ["both", family === undefined, withKind],
        ...families.map((one) => [`IPv${one}`, family === one, { ...withKind, family: one }] as const),
      ),
  );
}

/** What the symbols stand for, each once. */
function legend(symbols: readonly string[]): HTMLElement {
  const used = [...new Set(symbols)].filter(meaningOf).sort().toReversed();
  const key = (symbol: string) => h("b", { class: symbol === symbol.toLowerCase() ? "pass" : "fail" }, shown(symbol));
  return h(
    "p",
    { class: "legend" },
    used.map((symbol) => h("span", key(symbol), meaningOf(symbol))),
  );
}

const MOST_FACTS = 8;

/** What was read off the containers rather than probed. */
function facts(lab: Lab, choose: Choose): Child {
  const all = lab.data.checks.filter(({ kind }) => kind === "fact");
  const failed = all.filter(({ verdict }) => verdict !== "pass");
  return (
    all.length > 0 &&
    h(
      "p",
      { class: "facts" },
      `Facts about pods, read off their containers: ${all.length - failed.length} of ${all.length} as expected. `,
      [...new Map(failed.map((check) => [check.to, check])).values()]
        .slice(0, MOST_FACTS)
        .map(({ from, to }) => button(to, () => choose({ from, to }), { class: "fail" })),
    )
  );
}
