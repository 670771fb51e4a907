/** What a bench found: medians of its runs, and ratios to the script in the same runs. */
import type { Phases, PodlabRun } from "./podlab.ts";
import type { PeerRun } from "./stopwatch.ts";

export interface Pair {
  readonly podlab: PodlabRun;
  readonly script: PeerRun;
  /** Where it is installed. */
  readonly containerlab?: PeerRun | undefined;
}

export interface Row {
  /** `16x4` */
  readonly size: string;
  readonly podlab: PodlabRun;
  readonly script: PeerRun;
  readonly containerlab?: PeerRun;
  /** Medians of the ratios of each pair, not ratios of medians: a pair was measured one right after the other. */
  readonly ratios: { readonly up: number; readonly down: number };
}

export interface Results {
  readonly version: 1;
  readonly date: string;
  readonly machine: string;
  readonly command: string;
  readonly runs: number;
  readonly rows: readonly Row[];
}

export function rowOf(size: string, pairs: readonly Pair[]): Row {
  const podlab = pairs.map((pair) => pair.podlab);
  const script = pairs.map((pair) => pair.script);
  const peer = pairs.flatMap((pair) => pair.containerlab ?? []);
  const ratio = (part: "up" | "down") => round(median(pairs.map((pair) => pair.podlab[part] / pair.script[part])));
  return {
    size,
    podlab: { ...medians(podlab), phases: medians(podlab.map(({ phases }) => phases)) },
    script: medians(script),
    ...(peer.length === 0 ? {} : { containerlab: medians(peer) }),
    ratios: { up: ratio("up"), down: ratio("down") },
  };
}

/** Number by number. */
function medians<T extends object>(runs: readonly T[]): T {
  const keys = Object.keys(runs[0]!) as (keyof T)[];
  return Object.fromEntries(
    keys
      .filter((key) => typeof runs[0]![key] === "number")
      .map((key) => [key, median(runs.map((run) => run[key] as number))]),
  ) as T;
}

const round = (number: number): number => Math.round(number * 100) / 100;

type Column = readonly [title: string, cell: (row: Row) => string | number];

const COLUMNS: readonly Column[] = [
  ["lab", ({ size }) => size],
  ["script up", ({ script }) => script.up],
  ["podlab up, verified", ({ podlab }) => podlab.up],
  ["ratio", ({ ratios }) => ratios.up],
  ["again, nothing changed", ({ podlab }) => podlab.again],
  ["check", ({ podlab }) => podlab.check],
  ["checks", ({ podlab }) => podlab.checks],
  ["pods by ICMP and TCP", ({ podlab }) => podlab.matrix],
  ["one pod more", ({ podlab }) => podlab.addPod],
  ["script down", ({ script }) => script.down],
  ["podlab down", ({ podlab }) => podlab.down],
  ["ratio", ({ ratios }) => ratios.down],
  ["CPU script / podlab", ({ script, podlab }) => `${script.upCpu} / ${podlab.upCpu}`],
  ["MiB a host", ({ podlab }) => podlab.hostMiB],
];

/** Beside the others where containerlab is installed. */
const PEER: readonly Column[] = [
  ["containerlab up", ({ containerlab }) => containerlab?.up ?? ""],
  ["down", ({ containerlab }) => containerlab?.down ?? ""],
  ["CPU", ({ containerlab }) => containerlab?.upCpu ?? ""],
];

const PHASES: readonly (keyof Phases)[] = ["begun", "segments", "nodes", "states", "verified"];

/** Markdown: the times, then when each phase was over. */
export function tables({ rows }: Results): string {
  const phases = [
    ["lab", ...PHASES],
    ...rows.map(({ size, podlab }) => [size, ...PHASES.map((one) => podlab.phases[one])]),
  ];
  const columns = rows.some(({ containerlab }) => containerlab) ? [...COLUMNS, ...PEER] : COLUMNS;
  const times = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  return `${table(times)}\n\nWhen the last of each kind was there, in seconds since the command was typed:\n\n${table(phases)}\n`;
}

function table([head, ...rows]: readonly (readonly (string | number)[])[]): string {
  return [head!, head!.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const MARKED = /(<!-- results -->\n)[\s\S]*(<!-- \/results -->)/;

/** The README with these results in place of the last ones. */
export function withResults(readme: string, results: Results): string {
  const { date, machine, command, runs } = results;
  const even = runs % 2 === 0 ? " (of an even number the lower middle)" : "";
  const head = `\`${command}\`, ${date}; ${machine}. Seconds; medians of ${runs} runs${even}.`;
  return readme.replace(MARKED, (_, begin, end) => `${begin}${head}\n\n${tables(results)}${end}`);
}

/** The middle of some numbers; of an even count the lower middle, so that it is one that was measured. */
export function median(numbers: readonly number[]): number {
  if (numbers.length === 0) throw new Error("no median of nothing");
  return numbers.toSorted((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)]!;
}

/** A pair of runs on a machine that does other things besides differs by as much. */
const TOLERANCE = 0.25;

/** A line for each ratio that grew by more than the tolerance; empty when all is well. */
export function slower(now: Results, committed: Results): string[] {
  return now.rows.flatMap(({ size, ratios }) => {
    const before = committed.rows.find((row) => row.size === size)?.ratios;
    if (!before) return [];
    return (["up", "down"] as const)
      .filter((part) => ratios[part] > before[part] * (1 + TOLERANCE))
      .map((part) => `${size} ${part}: ${ratios[part]} times the script, committed ${before[part]}`);
  });
}
