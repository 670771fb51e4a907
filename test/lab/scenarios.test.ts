/** Scenarios for real: built, shown, broken, healed, removed; and what is wrong on purpose, or interrupted. */
import { describe, expect, test } from "vitest";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { sees, tells } from "../../lab-scripts/scenarios/claims.ts";
import { dualStack } from "../../lab-scripts/scenarios/dualStack.ts";
import { overlay } from "../../lab-scripts/scenarios/overlay.ts";
import { pod } from "../../lab-scripts/scenarios/pod.ts";
import { policy } from "../../lab-scripts/scenarios/policy.ts";
import { exitCodeOfRows, type Row, runScenario } from "../../lab-scripts/scenarios/run.ts";
import type { Scenario, Step } from "../../lab-scripts/scenarios/scenario.ts";
import { services } from "../../lab-scripts/scenarios/services.ts";

/** Plays a scenario with one step more. A lab of that name that was there before stays there. */
async function play(scenario: Scenario, more: Step, signal = new AbortController().signal, tell = (_: string) => {}) {
  const before = await present(scenario.name);
  const rows = await runScenario({ ...scenario, steps: [...scenario.steps, more] }, tell, signal);
  expect(await present(scenario.name)).toEqual(before);
  return rows;
}

async function present(lab: string): Promise<string[]> {
  const { containers, networks } = await labObjects(lab);
  return [...containers, ...networks].map(({ name }) => name).sort();
}

const failed = (rows: readonly Row[]) => rows.filter(({ failures }) => failures.length > 0);
const measured = (rows: readonly Row[], name: string) => rows.find(({ step }) => step === name)?.gap;

describe("pod", () => {
  test("what it shows is so, and a wrong claim fails in words", async () => {
    const rows = await play(pod, {
      name: "wrong",
      say: "Each container of a pod has an address of its own.",
      claims: [tells("sidecar's address", "host01/web:sidecar", "hostname -i", "192.168.20.4")],
    });
    expect(failed(rows).map(({ step, failures }) => [step, failures])).toEqual([
      [
        "wrong",
        ["sidecar's address: host01/web:sidecar$ hostname -i said 192.168.20.2, where 192.168.20.4 was claimed"],
      ],
    ]);
    expect(exitCodeOfRows(rows)).toBe(1);
    expect(measured(rows, "app restarted")).toMatchObject({ across: "fault", lost: 0 });
    expect(measured(rows, "pause killed")).toMatchObject({ across: "healing", backAfterMs: expect.any(Number) });
  });

  test("interrupted while its pod is off the network, it leaves nothing behind", async () => {
    const before = await present("pod");
    const interruption = new AbortController();
    const onFault = (line: string) => {
      if (line.includes("is killed")) interruption.abort(new Error("interrupted"));
    };
    const steps = pod.steps.filter(({ fault }) => fault?.startsWith("pause-kill"));
    await expect(runScenario({ ...pod, steps }, onFault, interruption.signal)).rejects.toThrow("interrupted");
    expect(interruption.signal.aborted).toBe(true);
    expect(await present("pod")).toEqual(before);
  });
});

test("overlay: what it shows is so, and a wrong claim fails in words", async () => {
  const lines: string[] = [];
  const rows = await play(
    overlay,
    {
      name: "wrong",
      say: "The tunnel costs nothing.",
      claims: [sees("whole Ethernet frames fit", "mtu host01/web -> host02/web", { mtu: 1500 })],
    },
    undefined,
    (line) => lines.push(line),
  );
  // Captured at the router: hosts that send each other UDP, and the pods' packet inside.
  expect(lines.filter((line) => / router host0\d-net /.test(line))).toEqual([
    expect.stringMatching(/5\. router host01-net in: .*:4789 TTL 64 around 192\.168\.20\.2 > 192\.168\.30\.2 TTL 63$/),
    expect.stringMatching(/6\. router host02-net out: .*:4789 TTL 63 around 192\.168\.20\.2 > 192\.168\.30\.2 TTL 63$/),
  ]);
  expect(failed(rows).map(({ step, failures }) => [step, failures])).toEqual([
    [
      "wrong",
      ["whole Ethernet frames fit: mtu host01/web -> host02/web saw ok mtu 1450, where ok mtu 1500 was claimed"],
    ],
  ]);
});

/** Some of a scenario's steps. */
const only = (scenario: Scenario, ...names: string[]): Scenario => ({
  ...scenario,
  steps: scenario.steps.filter(({ name }) => names.includes(name)),
});

test("services: a dead endpoint keeps its share; a wrong claim fails in words", async () => {
  const asks =
    "for n in $(seq 60); do wget -qO- http://10.96.0.1/ 2> /dev/null || echo refused; done | grep -c refused";
  const rows = await play(only(services, "hairpin"), {
    name: "wrong",
    say: "An endpoint that is dead is asked no more.",
    fault: "container-kill host02/web:app",
    claims: [tells("nobody is refused", "host01/client:app", `${asks} || true`, /^0$/)],
  });
  expect(failed(rows).map(({ step, failures }) => [step, failures])).toEqual([
    [
      "wrong",
      [expect.stringMatching(/^nobody is refused: host01\/client:app\$ .* said [1-9]\d?, where .* was claimed$/)],
    ],
  ]);
});

test("policy: who is dropped waits, who is rejected is told; a wrong claim fails in words", async () => {
  const rows = await play(only(policy, "allowed", "dropped, rejected"), {
    name: "wrong",
    say: "A policy holds for the pod's own host.",
    claims: [sees("host01 is shut out", "tcp host01 -> host01/web:8080", { outcome: "timeout" })],
  });
  expect(failed(rows).map(({ step, failures }) => [step, failures])).toEqual([
    [
      "wrong",
      [
        expect.stringMatching(
          /^host01 is shut out: tcp host01 -> host01\/web:8080 saw ok .*, where timeout was claimed$/,
        ),
      ],
    ],
  ]);
});

test("dual-stack: IPv6 is lost and healed by itself; a wrong claim fails in words", async () => {
  const rows = await play(only(dualStack, "IPv6 route withdrawn", "cable pulled"), {
    name: "wrong",
    say: "Whoever loses IPv6 loses IPv4.",
    fault: "route-withdraw fd00:10:252:102::/64",
    claims: [sees("host02's pod is gone", "icmp host01/web -> host02/web", { outcome: "no-route" })],
  });
  expect(failed(rows).map(({ step, failures }) => [step, failures])).toEqual([
    ["wrong", ["host02's pod is gone: icmp host01/web -> host02/web saw ok ttl 61, where no-route was claimed"]],
  ]);
  expect(measured(rows, "cable pulled")).toMatchObject({ across: "healing", backAfterMs: expect.any(Number) });
});
