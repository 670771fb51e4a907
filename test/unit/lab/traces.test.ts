/** Nothing is said to be gone that was not seen while it was there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type InspectedContainer, looks } from "../../../lab-scripts/lab/traces.ts";
import { putCommand } from "../setup/fakes.ts";

const ID = "0123456789ab".repeat(5);
const NETWORK = { id: "fedcba987654".repeat(5) };
const BRIDGE = "br-fedcba987654";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-traces-"));
  vi.stubEnv("PATH", join(directory, "bin"));
  says("ip", `3: ${BRIDGE}: <BROADCAST>`);
  says("iptables-save", `-A FORWARD -i ${BRIDGE} -j ACCEPT`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const says = (command: string, text: string) => putCommand(directory, command, `echo '${text}'`);

function container(pid: number, SandboxKey = "/proc/self/ns-that-is-not"): InspectedContainer {
  return { Image: "", Id: ID, State: { Pid: pid }, NetworkSettings: { SandboxKey, Networks: {} }, Mounts: [] };
}

const unseen = async (...args: Parameters<typeof looks>) =>
  Object.fromEntries(
    (await looks(...args)).flatMap(({ kind, unseen: why }) => (why === undefined ? [] : [[kind, why]])),
  );

test("a process of this machine that only has the number of one of the engine's is no evidence", async () => {
  expect(await unseen([container(process.pid)], [])).toEqual({
    process: "those of the engine can't be seen from here",
    namespace: "/proc/self/ns-that-is-not is not here",
  });
  // One that does not run has neither.
  expect(await unseen([container(0)], [])).toEqual({});
});

test("bridges of an engine that is elsewhere are not here: neither are its routes and rules", async () => {
  expect(await unseen([], [NETWORK])).toEqual({});
  says("ip", "1: lo: <LOOPBACK>");
  const why = "the lab's bridges are not on this machine";
  expect(await unseen([], [NETWORK])).toEqual({ interface: why, route: why, "firewall rule": why });
});

test("what may not be looked at is said in the tool's own words; what is not there keeps no rules", async () => {
  says("nft", "table ip nat {}");
  expect(await unseen([], [NETWORK])).toEqual({});
  putCommand(directory, "nft", "echo 'Operation not permitted (you must be root)' >&2; exit 1");
  expect(await unseen([], [NETWORK])).toEqual({ "firewall rule": "nft: Operation not permitted (you must be root)" });
  for (const command of ["nft", "iptables-save"]) rmSync(join(directory, "bin", command));
  expect(await unseen([], [NETWORK])).toEqual({ "firewall rule": "there is no command iptables-save" });
});

test("what is left is named; a tool that fails afterwards has not said that nothing is", async () => {
  const all = await looks([], [NETWORK]);
  const left = async () => (await Promise.all(all.map((look) => look.left()))).flat();
  expect(await left()).toEqual([`interface ${BRIDGE}`, `route on ${BRIDGE}`, `firewall rule for ${BRIDGE}`]);
  says("ip", "1: lo: <LOOPBACK>");
  expect(await left()).toEqual([`firewall rule for ${BRIDGE}`]);
  putCommand(directory, "iptables-save", "echo 'Resource temporarily unavailable' >&2; exit 4");
  await expect(left()).rejects.toThrow("iptables-save: Resource temporarily unavailable");
});
