/** What a pod's unit says of the containers it finds: each that differs, what was wanted and what it is instead. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { unitText } from "../../../infra/components/scripts.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const spec = { hosts: [{ name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }] }] };
const plan = planLab(readLab(spec, "lab"));
const unit = plan.nodes.flatMap(({ units }) => units).find(({ kind }) => kind === "pod")!;
const [APP, SIDECAR] = unit.spec.DIGESTS!.split(" ");
const PAUSE = unit.spec.PAUSE_DIGEST;
const PLUG = "192.168.20.2,1500,192.168.20.1";
const folder = mkdtempSync(join(tmpdir(), "podlab-pod-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** @param table lines as containers.py prints them: POD NAME STATE PID DIGEST NETNS PLUG */
function check(...table: string[]): string {
  const containers = join(folder, "containers");
  writeFileSync(containers, `${table.join("\n")}\n`);
  const env = { PATH: process.env.PATH!, CONTAINERS: containers };
  const { status, stdout, stderr } = spawnSync("sh", ["-s", "check"], { input: unitText(unit), env, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(stdout === "" ? 0 : 3);
  return stdout.trimEnd();
}

const pause = `web web.pause running 11 ${PAUSE} 77 ${PLUG}`;
const app = `web web.app running 12 ${APP} 77`;
const sidecar = `web web.sidecar running 13 ${SIDECAR} 77`;

test("a pod as planned: nothing, whatever else is in the host", () => {
  expect(check(pause, app, sidecar, "db db.app running 14 0123 99", "- mine running 15 - 98")).toBe("");
});

test.each([
  [
    "one that stopped",
    [pause, `web web.app exited 0 ${APP} 0`, sidecar],
    "wanted container web.app running, found it exited",
  ],
  [
    "one that is paused",
    [pause, app, `web web.sidecar paused 13 ${SIDECAR} 77`],
    "wanted container web.sidecar running, found it paused",
  ],
  ["one that is gone", [pause, sidecar], "wanted container web.app, found nothing"],
  [
    "one of somebody else's",
    [pause, "- web.app running 12 - 78", sidecar],
    "wanted container web.app as in the plan, found one made from something else",
  ],
  [
    "one in another namespace",
    [pause, `web web.app running 12 ${APP} 66`, sidecar],
    "wanted container web.app in the network namespace of web.pause, found it in another",
  ],
  [
    "one too many",
    [pause, app, sidecar, "web web.old running 16 0123 77"],
    "wanted no container web.old in the pod, found it",
  ],
  [
    "a pod unplugged",
    [`web web.pause running 11 ${PAUSE} 77 ,,`, app, sidecar],
    `wanted web.pause plugged in as ${PLUG} (address, MTU, gateway), found ,,`,
  ],
  [
    "pause dead: its apps are not accused",
    [`web web.pause exited 0 ${PAUSE} 0`, app, sidecar],
    "wanted container web.pause running, found it exited",
  ],
  [
    "two at once: both",
    [pause, `web web.app exited 0 ${APP} 0`],
    "wanted container web.app running, found it exited; wanted container web.sidecar, found nothing",
  ],
])("%s", (_, table, said) => {
  expect(check(...table)).toBe(said);
});
