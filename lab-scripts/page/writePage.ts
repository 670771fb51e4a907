/** Puts the page in place, with what it is made of beside it: plan.json, topology.svg, history.json. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { given } from "../given.ts";
import type { Report } from "../report/schema.ts";
import { writeWhole } from "../report/wholeFile.ts";
import { type Trace, WALK_SCHEMA } from "../trace/trace.ts";
import { namesIn } from "../verify/wording.ts";
import { clientScript, sourcesKey } from "./clientScript.ts";
import { EMPTY, type History, withRun } from "./history.ts";
import { page, type WalkShown } from "./page.ts";

/**
 * Writes index.html into the report's folder, which is there.
 * @param part what the run was part of, for the history
 * @returns its path
 */
export async function writePage(folder: string, report: Report, planned: LabPlan, part?: string): Promise<string> {
  const plan = withoutEnv(planned);
  const before = await history(folder);
  const now = withRun(before, report, part);
  if (now !== before) await writeWhole(join(folder, "history.json"), `${JSON.stringify(now, undefined, 1)}\n`);
  await writeWhole(join(folder, "plan.json"), `${JSON.stringify(plan)}\n`);
  return put(folder, report, plan, now);
}

/** A page is passed on, and what containers have in their environment may be a secret. */
function withoutEnv(plan: LabPlan): LabPlan {
  const pods = plan.pods.map((pod) => {
    return { ...pod, containers: pod.containers.map((container) => ({ ...container, env: {} })) };
  });
  return { ...plan, pods };
}

/**
 * Writes index.html anew from the files beside it.
 * @throws Error when there is no report
 */
export async function rewritePage(folder: string): Promise<string> {
  const [report, plan] = await Promise.all([
    readJson<Report>(join(folder, "report.json")),
    readJson<LabPlan>(join(folder, "plan.json")),
  ]);
  return put(folder, report, plan, await history(folder));
}

async function put(folder: string, report: Report, plan: LabPlan, history: History): Promise<string> {
  const [svg, script, style, walk] = await Promise.all([
    drawing(folder, plan),
    clientScript(),
    readFile(join(import.meta.dirname, "page.css"), "utf8"),
    walkShown(folder, plan),
  ]);
  const file = join(folder, "index.html");
  const data = { ...report, plan, history: history.runs, walk: walk?.title };
  await writeWhole(file, page({ data, svg, script, style, ...given({ walk }) }));
  return file;
}

/** Makes the drawing of a lab while its packets are on their way, so that the page needs not wait for it. */
export async function drawAhead(folder: string, plan: LabPlan): Promise<void> {
  await mkdir(folder, { recursive: true });
  await drawing(folder, withoutEnv(plan));
}

/** Drawn once a plan: loading the layout and running it takes longer than a small lab's probes. */
async function drawing(folder: string, plan: LabPlan): Promise<string> {
  const file = join(folder, "topology.svg");
  const key = createHash("sha256")
    .update(JSON.stringify([await sourcesKey(), plan.netns, plan.pods]))
    .digest("hex");
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept.includes(`<!-- ${key} -->`)) return kept;
  const [{ layoutOf }, { topologyOf }, { svgOf }] = await Promise.all([
    import("../graph/layout.ts"),
    import("../graph/topology.ts"),
    import("../graph/svg.ts"),
  ]);
  const drawn = svgOf(plan.lab, await layoutOf(topologyOf(plan)), key);
  await writeWhole(file, drawn);
  return drawn;
}

/** The last walk that `npm run walk` captured here, when there is one. */
async function walkShown(folder: string, plan: LabPlan): Promise<WalkShown | undefined> {
  const trace = await readJson<Trace>(join(folder, "walk.json")).catch(() => undefined);
  if (trace?.schema !== WALK_SCHEMA) return undefined;
  const { sequenceSvg } = await import("../trace/sequence.ts");
  const { from, to } = trace.asked;
  const when = new Date(trace.startedAt).toLocaleString("en-GB");
  return { title: `${from} → ${to}, captured ${when}`, svg: sequenceSvg(trace, { nameOf: namesIn(plan) }) };
}

async function history(folder: string): Promise<History> {
  const kept = await readJson<History>(join(folder, "history.json")).catch(() => EMPTY);
  return kept.version === 1 ? kept : EMPTY;
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
