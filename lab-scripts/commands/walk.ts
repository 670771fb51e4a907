import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, Failure } from "../exit.ts";
import { loadPlan, whichLab } from "../lab/loadPlan.ts";
import { REPORTS } from "../lab/project.ts";
import { wantsColour } from "../report/matrix.ts";
import { writeWhole } from "../report/wholeFile.ts";
import { captureFile } from "../trace/pcapng.ts";
import { questionOf, type Wish } from "../trace/question.ts";
import { sequenceSvg } from "../trace/sequence.ts";
import { takeTrace } from "../trace/take.ts";
import { traceText } from "../trace/text.ts";
import { namesIn } from "../verify/wording.ts";

interface WalkOptions extends Wish {
  readonly lab?: string;
  readonly reply?: boolean;
  readonly json?: boolean;
  readonly pcap?: string;
  readonly svg?: string;
}

const WORTH_A_WORD_MS = 2_000;

/** Sends one packet, and shows its way as captured beside the model's. */
export async function walk(from: string, to: string, options: WalkOptions): Promise<void> {
  const { lab, reply = false, json = false, pcap, svg, ...wish } = options;
  const plan = await loadPlan(await whichLab(lab));
  const question = questionOf(plan, from, to, wish);
  const slow = setTimeout(() => process.stderr.write("podlab: waiting for captures in every node\n"), WORTH_A_WORD_MS);
  const { trace, scene } = await takeTrace(plan, question, { frames: pcap !== undefined }).finally(() =>
    clearTimeout(slow),
  );
  if (pcap !== undefined) await written(pcap, captureFile(scene, trace));
  const nameOf = namesIn(plan);
  if (svg !== undefined) await written(svg, sequenceSvg(trace, { reply, nameOf }));
  const asJson = `${JSON.stringify(trace, undefined, 2)}\n`;
  const folder = join(REPORTS, plan.lab);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "walk.json"), asJson);
  const text = { reply, colour: wantsColour(process.stdout), columns: process.stdout.columns ?? 0, nameOf };
  process.stdout.write(json ? asJson : traceText(trace, text));
  process.exitCode = trace.asModelled ? EXIT.asExpected : EXIT.notAsExpected;
  // The drawing belongs into the page of the last check, if there was one.
  const { rewritePage } = await import("../page/writePage.ts");
  await rewritePage(folder).catch(() => undefined);
}

async function written(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: Error) => {
    throw new Failure(EXIT.badInput, `${file} can't be written: ${error.message}`);
  });
}
