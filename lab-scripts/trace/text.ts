/** A trace for a terminal: one line for each place, in columns. */
import { createColors } from "picocolors";
import { type NameOf, withName } from "../verify/wording.ts";
import { differences } from "./leg.ts";
import type { Asked, Header, Leg, Step, Trace } from "./trace.ts";

export interface TextOptions {
  readonly colour?: boolean;
  /** Width of the terminal in characters; what was done to a packet is wrapped to it. */
  readonly columns?: number;
  /** The path back, too. */
  readonly reply?: boolean;
  readonly nameOf?: NameOf;
}

const MESSAGES: Readonly<Record<string, string>> = {
  "echo-request": "ICMP echo request",
  "echo-reply": "ICMP echo reply",
  syn: "TCP SYN",
  "syn-ack": "TCP SYN-ACK",
  rst: "TCP RST",
  datagram: "UDP datagram",
  data: "TCP data",
  error: "ICMP error",
};

const SIGNS: Readonly<Record<Step["model"], string>> = { same: "=", altered: "≠", extra: "+", unseen: "-" };

const LEGEND = "= as the model says  ≠ another header than the model's  + not in the model  - only in the model";

/** Whole lines, the last with its newline. */
export function traceText(trace: Trace, options: TextOptions = {}): string {
  const { question, answer, asModelled } = trace;
  const legs = options.reply || !answer.steps.every(({ model }) => model === "same") ? [question, answer] : [question];
  return [
    headline(trace.asked, question),
    "",
    ...tables(
      legs.filter(({ steps }) => steps.length > 0),
      options,
    ),
    ...(asModelled ? [] : [LEGEND, ""]),
    ...verdict(trace, options),
    ...trace.blind.map((line) => `not captured: ${line}`),
    "",
  ].join("\n");
}

function headline(asked: Asked, { steps }: Leg): string {
  const { protocol, size, df, mark } = asked;
  const what = MESSAGES[steps[0]?.message ?? { icmp: "echo-request", tcp: "syn", udp: "datagram" }[protocol]];
  const whole = df && protocol !== "tcp" ? ", not to be split" : "";
  return `${what} from ${endsText(asked)}: ${size} bytes${whole}, known by ${protocol === "tcp" ? mark : `"${mark}"`}`;
}

/** `host01/web to host02/web (192.168.30.2) port 8080` */
export function endsText({ from, to, address, port }: Asked): string {
  const target = to === address ? address : `${to} (${address})`;
  return `${from} to ${target}${port === undefined ? "" : ` port ${port}`}`;
}

function tables(legs: readonly Leg[], { colour = false, columns = 0 }: TextOptions): string[] {
  const colours = createColors(colour);
  const heads = ["", "", "where", "", "source > destination", "TTL", "bytes"];
  const rows = legs.map(({ steps }) => steps.map((step, at) => ({ step, cells: cellsOf(step, at + 1) })));
  const wide = heads.map((head, at) => Math.max(head.length, ...rows.flat().map(({ cells }) => cells[at]!.length)));
  const row = (cells: readonly string[], did: string) => {
    const begin = cells
      .map((cell, at) => (RIGHT.has(at) ? cell.padStart(wide[at]!) : cell.padEnd(wide[at]!)))
      .join("  ");
    const room = columns - begin.length - 2;
    const lines = columns === 0 || room < 20 ? [did] : wrapped(did, room);
    return `${begin}  ${lines.join(`\n${" ".repeat(begin.length + 2)}`)}`.trimEnd();
  };
  return legs.flatMap((leg, at) => [
    ...(at > 0 ? [leg.kind === "error" ? "the ICMP error about it:" : "its answer:"] : []),
    colours.dim(row(heads, "what was done to it")),
    ...rows[at]!.map(({ step, cells }) => {
      const text = row(cells, didText(step));
      return step.model === "same" ? text : step.model === "unseen" ? colours.yellow(text) : colours.red(text);
    }),
    "",
  ]);
}

const RIGHT = new Set([0, 5, 6]);

function cellsOf(step: Step, number: number): string[] {
  const { model, netns, interface: dev, direction } = step;
  return [String(number), SIGNS[model], `${netns} ${dev}`, direction, ...headerCells(step)];
}

function headerCells({ source, destination, sourcePort, destinationPort, ttl, size, protocol }: Header): string[] {
  const end = (address: string, port?: number) =>
    protocol === "icmp" || port === undefined
      ? address
      : address.includes(":")
        ? `[${address}]:${port}`
        : `${address}:${port}`;
  return [`${end(source, sourcePort)} > ${end(destination, destinationPort)}`, String(ttl), String(size)];
}

/** What is in it, by which ports it came, and what the namespace did: routes and rules are the model's. */
export function didText(step: Step): string {
  const { model, ports, did, inside } = step;
  const parts = [
    ...(model === "unseen" ? ["not seen"] : []),
    ...otherwiseIn(step),
    ...(inside ? [`VXLAN ${inside.vxlan} around ${inside.source} > ${inside.destination} TTL ${inside.ttl}`] : []),
    ...(ports?.length ? [portsText(ports)] : []),
    ...did,
  ];
  return parts.join("; ");
}

/** What of a step is otherwise than its columns or its arrow say. */
export function otherwiseIn(step: Step): string[] {
  const { modelled, error } = step;
  return [
    ...(modelled ? [`the model has ${differences(step, modelled).join(", ")}`] : []),
    ...(error?.mtu ? [`says that ${error.mtu} bytes would fit`] : []),
  ];
}

function portsText(ports: NonNullable<Step["ports"]>): string {
  const [first] = ports;
  const names = ports.map(({ port }) => port);
  return names.length === 1
    ? `by port ${names[0]}`
    : `bridged by ${first!.netns} ${first!.bridge} from ${names.join(" to ")}`;
}

/** Breaks a text at its spaces into lines; a longer word is a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function verdict(trace: Trace, { colour = false, nameOf = () => undefined }: TextOptions): string[] {
  const { outcome, modelled, asModelled, why, asked } = trace;
  const colours = createColors(colour);
  const end = `${asked.from} ${outcomeText(trace, nameOf)}`;
  const cause = causeText(trace);
  if (asModelled) return [colours.green(`as the model says: ${end}`), ...(cause ? [cause] : [])];
  return [
    colours.red(`NOT as the model says: ${differenceIn(trace)}`),
    ...(cause ? [`FOUND ${cause}`] : []),
    ...(why?.evidence ?? []).map((line) => `      ${line}`),
    outcome === modelled ? end : `${end}, where the model says ${modelled}`,
  ];
}

/** Where the packet was last seen, and why it ended there or went another way; empty where nothing is to be told. */
export function causeText({ why }: Trace): string {
  return [why?.story, why?.cause].filter(Boolean).join(": ");
}

/** `got its answer after 0.12 ms, with TTL 61`, `was told no-route by router (10.240.1.1): ICMP type 3 code 0`. */
export function outcomeText({ outcome, answer, roundTripMs, asked }: Trace, nameOf: NameOf = () => undefined): string {
  const last = answer.steps.findLast(({ at }) => at !== undefined);
  const back = last?.netns === asked.from && last.direction === "in" ? last : undefined;
  const after = roundTripMs === undefined ? "" : ` after ${roundTripMs.toFixed(2)} ms`;
  if (outcome === "timeout") return "heard nothing";
  if (outcome === "ok") return back ? `got its answer${after}, with TTL ${back.ttl}` : "got its answer";
  if (!back) return `was refused by its own kernel: ${outcome}`;
  const by = withName(back.source, nameOf);
  const { type, code, mtu } = back.error ?? {};
  const what = back.error ? `ICMP type ${type} code ${code}${mtu ? `, MTU ${mtu}` : ""}` : MESSAGES[back.message];
  return `${outcome === "refused" ? "was refused" : `was told ${outcome}`} by ${by}${after}: ${what}`;
}

/** The first thing that is not as modelled, in words. */
export function differenceIn({ question, answer, outcome, modelled }: Trace): string {
  for (const { kind, steps } of [question, answer]) {
    const at = steps.findIndex(({ model }) => model !== "same");
    const step = steps[at];
    if (!step) continue;
    const what = `${kind === "question" ? "" : `${kind} `}step ${at + 1}`;
    const place = `${step.netns} ${step.interface} ${step.direction}`;
    if (step.model === "unseen") return `${what}, ${place}, was not seen`;
    if (step.model === "extra") return `${what}, ${place}, is not in the model`;
    return `${what}, ${place}, has ${headerText(step)} instead of ${headerText(step.modelled!)}`;
  }
  return `every step was, but the outcome is ${outcome} instead of ${modelled}`;
}

export function headerText(header: Header): string {
  const [ends, ttl] = headerCells(header);
  const { inside } = header;
  const carried = inside ? ` around ${inside.source} > ${inside.destination} TTL ${inside.ttl}` : "";
  return `${ends} TTL ${ttl}${carried}`;
}
