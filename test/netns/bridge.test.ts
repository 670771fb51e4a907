/** Which veths a host's bridge takes: those of pods, never the host's own on its way to become eth0. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { unitText } from "../../infra/components/scripts.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";

const spec = { hosts: [{ name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }] }] };
const units = planLab(readLab(spec, "bridge")).nodes.flatMap((node) => node.units);
const bridge = units.find(({ kind }) => kind === "bridge")!;
const folder = mkdtempSync(join(tmpdir(), "podlab-bridge-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is on the bridge after the unit was applied in a namespace with a loose veth. @param containers of the host's engine */
function ports(containers: string): string {
  const unit = join(folder, "unit");
  const list = join(folder, "containers");
  writeFileSync(unit, unitText(bridge));
  writeFileSync(list, containers);
  const script = `mount -t sysfs sys /sys; ip link add veth1234567 type veth peer name far; sh ${unit} apply; ip -o link show master cbr0`;
  const env = { ...process.env, CONTAINERS: list };
  return execFileSync("unshare", ["--net", "--mount", "sh", "-ec", script], { encoding: "utf8", env });
}

test("a pod's is plugged in", () => {
  expect(ports("web web.pause running 11 0123 77\n")).toContain("veth1234567");
});

test("in a host that has no container yet it is the host's own", () => {
  expect(ports("")).toBe("");
});
