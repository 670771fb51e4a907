/**
 * A trace as a sequence drawing: a lifeline for every namespace, an arrow for every link, a note for what was done.
 * One SVG that stands alone or in a page: all class names begin with `walk-`, and it is light or dark as its surroundings.
 */
import { monoWidth } from "../graph/measure.ts";
import { THEMES } from "../graph/theme.ts";
import type { NameOf } from "../verify/wording.ts";
import { escaped } from "../xml.ts";
import { type Drawn, drawn } from "./drawn.ts";
import { causeText, endsText, outcomeText, wrapped } from "./text.ts";
import type { Trace } from "./trace.ts";

const FONT = 12;
const CHARACTER = monoWidth("0", FONT);
const LINE = 16;
const MARGIN = 20;
const LEAST_GAP = 190;
const NOTE_COLUMNS = 34;
const NOTE_WIDTH = NOTE_COLUMNS * CHARACTER + 16;
const HEAD_TOP = 44;
const HEAD_HEIGHT = 28;

const STYLE = `${THEMES}
.walk { --line: var(--bridgeInk); --words: var(--ink); }
.walk .walk-altered, .walk .walk-extra { --line: var(--bad); --words: var(--bad); }
.walk .walk-unseen { --line: var(--soft); --words: var(--soft); }
.walk .walk-last { --words: var(--bad); }
.walk text { font: ${FONT}px var(--mono); fill: var(--words); }
.walk .walk-paper { fill: var(--ground); }
.walk .walk-head, .walk .walk-note { fill: var(--host); stroke: var(--soft); }
.walk .walk-life { stroke: var(--soft); stroke-dasharray: 2 4; }
.walk .walk-name, .walk .walk-title, .walk .walk-changed { font-weight: bold; }
.walk .walk-dev { fill: var(--soft); font-size: 10px; }
.walk .walk-arrow { stroke: var(--line); stroke-width: 1.5; fill: none; }
.walk .walk-tip { fill: var(--line); }
.walk .walk-outer .walk-arrow { stroke-width: 4; stroke-opacity: .6; }
.walk .walk-back .walk-arrow { stroke-dasharray: 7 4; }
.walk .walk-unseen .walk-note { stroke-dasharray: 3 3; }
.walk .walk-unseen .walk-arrow { stroke-dasharray: 1 5; }
.walk .walk-cross { stroke: var(--bad); stroke-width: 2.5; }
.walk .walk-last .walk-note { stroke: var(--bad); stroke-width: 2; }
.walk .walk-why { fill: var(--bad); }
`;

export interface SequenceOptions {
  /** The path back, too; unless told, where it is not as modelled. */
  readonly reply?: boolean;
  readonly nameOf?: NameOf;
}

export function sequenceSvg(trace: Trace, options: SequenceOptions = {}): string {
  const { lanes, rows } = drawn(trace, options.reply ?? !trace.asModelled);
  const gaps = gapsOf(lanes.length, rows);
  const side = MARGIN + NOTE_WIDTH / 2;
  const x = lanes.map((_, lane) => side + gaps.slice(0, lane).reduce((sum, gap) => sum + gap, 0));
  let y = HEAD_TOP + HEAD_HEIGHT + 24;
  const body: string[] = [];
  for (const row of rows) {
    const placed = row.kind === "arrow" ? arrow(row, x, y) : note(row, x, y);
    body.push(placed.svg);
    y += placed.height;
  }
  const told = tellings(trace, options.nameOf);
  const { protocol, size } = trace.asked;
  const title = `${endsText(trace.asked)}, ${protocol.toUpperCase()}, ${size} bytes`;
  const widest = Math.max(title.length, ...told.map((line) => line.length)) * CHARACTER + 2 * MARGIN;
  const width = Math.ceil(Math.max((x.at(-1) ?? 0) + side, widest));
  const bottom = y + 10;
  const height = Math.ceil(bottom + 12 + told.length * LINE + MARGIN / 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="walk" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title><desc>${escaped(told.join(" "))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="walk-paper" width="${width}" height="${height}" rx="6"/>`,
    text(MARGIN, 26, title, "walk-title"),
    ...lanes.map((name, lane) => head(name, x[lane]!, bottom)),
    ...body,
    ...told.map((line, at) => text(MARGIN, bottom + 22 + at * LINE, line, trace.asModelled ? "" : "walk-why")),
    "</svg>",
    "",
  ].join("\n");
}

/** Wide enough for what is written on the arrows between neighbours. */
function gapsOf(lanes: number, rows: readonly Drawn[]): number[] {
  return Array.from({ length: Math.max(0, lanes - 1) }, (_, at) => {
    const labels = rows.flatMap((row) =>
      row.kind === "arrow" && Math.min(row.from, row.to) === at && Math.abs(row.from - row.to) === 1 ? row.label : [],
    );
    return Math.max(LEAST_GAP, ...labels.map((words) => words.map((one) => one.text).join("").length * CHARACTER + 36));
  });
}

function head(name: string, x: number, bottom: number): string {
  const width = name.length * CHARACTER + 20;
  return [
    `<line class="walk-life" x1="${x}" x2="${x}" y1="${HEAD_TOP + HEAD_HEIGHT}" y2="${bottom}"/>`,
    `<rect class="walk-head" x="${x - width / 2}" y="${HEAD_TOP}" width="${width}" height="${HEAD_HEIGHT}" rx="4"/>`,
    text(x, HEAD_TOP + 18, name, "walk-name", "middle"),
  ].join("");
}

function arrow(row: Drawn & { kind: "arrow" }, x: readonly number[], y: number): { svg: string; height: number } {
  const from = x[row.from]!;
  const to = row.lost ? from + (x[row.to]! - from) / 2 : x[row.to]!;
  const ahead = Math.sign(to - from);
  const line = y + row.label.length * LINE;
  const middle = (x[row.from]! + x[row.to]!) / 2;
  const labels = row.label.map((words, at) => {
    const spans = words.map((one) =>
      one.changed ? `<tspan class="walk-changed">${escaped(one.text)}</tspan>` : escaped(one.text),
    );
    return `<text x="${middle}" y="${y + (at + 1) * LINE - 5}" text-anchor="middle">${spans.join("")}</text>`;
  });
  const end = row.lost
    ? `<path class="walk-cross" d="M${to - 6} ${line - 6}l12 12m0-12l-12 12"/>`
    : `<path class="walk-tip" d="M${to} ${line}l${-9 * ahead} -4.5v9z"/>`;
  const dev = (at: number, name: string, side: number) =>
    text(at + side * 6, line + 12, name, "walk-dev", side > 0 ? "start" : "end");
  const svg = [
    `<g class="${classesOf(row)}">`,
    ...labels,
    `<path class="walk-arrow" d="M${from} ${line}H${to - (row.lost ? 0 : 8 * ahead)}"/>`,
    end,
    dev(from, row.out, ahead),
    dev(x[row.to]!, row.in, -ahead),
    "</g>",
  ].join("");
  return { svg, height: row.label.length * LINE + 26 };
}

function note(row: Drawn & { kind: "note" }, x: readonly number[], y: number): { svg: string; height: number } {
  const lines = row.lines.flatMap((line) => wrapped(line, NOTE_COLUMNS));
  const height = lines.length * LINE + 8;
  const left = x[row.at]! - NOTE_WIDTH / 2;
  const svg = [
    `<g class="${classesOf(row)}">`,
    `<rect class="walk-note" x="${left}" y="${y}" width="${NOTE_WIDTH}" height="${height}" rx="4"/>`,
    ...lines.map((line, at) => text(left + 8, y + (at + 1) * LINE - 1, line)),
    "</g>",
  ].join("");
  return { svg, height: height + 12 };
}

function classesOf({ model, back, ...row }: Drawn): string {
  const outer = row.kind === "arrow" && row.outer ? " walk-outer" : "";
  const last = row.kind === "note" && row.lost ? " walk-last" : "";
  return `walk-${model}${back ? " walk-back" : ""}${outer}${last}`;
}

/** Below the drawing: the verdict, and its cause. */
function tellings(trace: Trace, nameOf: NameOf | undefined): string[] {
  const { asModelled, asked, outcome, modelled } = trace;
  const verdict = asModelled ? "as the model says" : "NOT as the model says";
  const instead = outcome === modelled ? "" : `, where the model says ${modelled}`;
  return [`${verdict}: ${asked.from} ${outcomeText(trace, nameOf)}${instead}`, causeText(trace)].filter(Boolean);
}

function text(x: number, y: number, content: string, name = "", anchor = "start"): string {
  const classed = name === "" ? "" : ` class="${name}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${classed}>${escaped(content)}</text>`;
}
