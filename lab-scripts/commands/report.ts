import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { commandLine } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { isStackName, REPORTS } from "../lab/project.ts";
import { servePage } from "../page/servePage.ts";
import { rewritePage } from "../page/writePage.ts";
import { reportFiles } from "../report/write.ts";
import { SIGNALS } from "../setup/interruption.ts";

interface ReportOptions {
  readonly serve?: boolean;
  readonly port?: string;
}

/** Writes the page of a lab's last report again, from the files beside it; with --serve it is shown until Ctrl-C. */
export async function report(lab: string, { serve, port }: ReportOptions): Promise<void> {
  if (!isStackName(lab)) {
    throw new Failure(EXIT.badInput, `${JSON.stringify(lab)} is no name of a lab; report/ has a folder for each`);
  }
  const { folder, page, json } = reportFiles(lab, REPORTS);
  // A page may not be there yet when it is served: it comes with the first check.
  if (existsSync(json) && existsSync(join(folder, "plan.json"))) await rewritePage(folder);
  else if (!serve)
    throw new Failure(EXIT.notProved, `there is no report of lab ${lab} yet; ${commandLine("check", lab)}`);
  if (!serve) {
    process.stdout.write(`${relative(process.cwd(), page)}\n`);
    return;
  }
  await mkdir(folder, { recursive: true });
  await served(folder, lab, portOf(port));
}

async function served(folder: string, lab: string, port: number): Promise<void> {
  const server = await servePage(folder, port).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is in use; choose another, or leave --port out" : error.message;
    throw new Failure(EXIT.badInput, `--port ${port} ${why}`);
  });
  process.stdout.write(`${server.url}\nlive while this runs:  ${commandLine("check", lab, "--watch")}\nCtrl-C ends\n`);
  await Promise.race(SIGNALS.map((signal) => once(process, signal)));
  await server.close();
}

/** 0 lets the kernel choose. */
function portOf(text = "0"): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new Failure(EXIT.badInput, `--port ${JSON.stringify(text)} is no port; use 1 to 65535`);
}
