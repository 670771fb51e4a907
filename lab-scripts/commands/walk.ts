import { writeFile } from "node:fs/promises";
import { loadPlan, whichLab } from "../lab/loadPlan.ts";
import { namesIn } from "../verify/addressNames.ts";
import { EXIT } from "../verify/exitCode.ts";
import { wantsColour } from "../verify/report/matrix.ts";
import { captureFile } from "../walk/captureFile.ts";
import { questionOf, type Wish } from "../walk/question.ts";
import { takeWalk } from "../walk/take.ts";
import { walkText } from "../walk/text.ts";
import { Failure } from "./failure.ts";

export interface WalkOptions extends Wish {
  readonly lab?: string;
  readonly icmp?: boolean;
  readonly reply?: boolean;
  readonly json?: boolean;
  readonly pcap?: string;
}

/** Sends one packet, and shows its way as captured beside the model's. */
export async function walk(from: string, to: string, options: WalkOptions): Promise<void> {
  const { lab, reply = false, json = false, pcap, icmp, ...wish } = options;
  if (icmp && (wish.tcp ?? wish.udp) !== undefined)
    throw new Failure(EXIT.badInput, "ask for one of --icmp, --tcp, --udp");
  const plan = await loadPlan(await whichLab(lab));
  const question = questionOf(plan, from, to, wish);
  const { walked, scene } = await takeWalk(plan, question, { frames: pcap !== undefined });
  if (pcap !== undefined) await written(pcap, captureFile(scene, walked));
  const colour = wantsColour(process.stdout);
  const text = { reply, colour, columns: process.stdout.columns ?? 0, nameOf: namesIn(plan) };
  process.stdout.write(json ? `${JSON.stringify(walked, undefined, 2)}\n` : walkText(walked, text));
  process.exitCode = walked.asModelled ? EXIT.asExpected : EXIT.notAsExpected;
}

async function written(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: Error) => {
    throw new Failure(EXIT.badInput, `${file} can't be written: ${error.message}`);
  });
}
