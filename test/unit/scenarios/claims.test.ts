/**
 * Every scenario's claims about what a check saw agree with the model, step by step; and of each scenario one claim that is
 * wrong on purpose fails, in words that a learner understands.
 */
import { describe, expect, test } from "vitest";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import type { LabSpec } from "../../../infra/spec/spec.ts";
import { expectedUnder } from "../../../lab-scripts/faults/expected.ts";
import { unchanged } from "../../../lab-scripts/faults/fault.ts";
import { aim } from "../../../lab-scripts/faults/faults.ts";
import { stackLab } from "../../../lab-scripts/lab/stackSpec.ts";
import type { Report } from "../../../lab-scripts/report/schema.ts";
import { agree, sees, stays, tells } from "../../../lab-scripts/scenarios/claims.ts";
import type { Claim, Said, Scenario, Scene, Step } from "../../../lab-scripts/scenarios/scenario.ts";
import { SCENARIOS } from "../../../lab-scripts/scenarios/scenarios.ts";
import { report as reportWith } from "../verify/fixtures.ts";

/** What the stack's file says, or what a step makes of it. */
function planOf({ name }: Scenario, spec: Step["spec"]): LabPlan {
  const written = stackLab(name).written as LabSpec;
  return planLab(readLab(spec ? spec(written) : written, name));
}

/** A lab that does just what the model says. */
function perfect(plan: LabPlan, fault: string | undefined): { plan: LabPlan; report: Report } {
  const aimed = fault ? aim(plan, fault.split(" ")) : { says: "", acts: [], effect: unchanged };
  const expected = expectedUnder(aimed, plan);
  const results = expected.expectations.map((expectation) => ({
    expectation,
    observed: expectation.expected,
    verdict: "pass" as const,
    reason: "",
  }));
  return { plan: expected.plan, report: reportWith(results) };
}

class NeedsLab extends Error {}

function scene(seen: { plan: LabPlan; report: Report }, answers?: Readonly<Record<string, Said>>): Scene {
  return {
    ...seen,
    show: () => {},
    walk: async () => {
      throw new NeedsLab();
    },
    run: async (where, command) => {
      if (!answers) throw new NeedsLab();
      return answers[`${where}$ ${command}`] ?? { exitCode: 0, text: "" };
    },
  };
}

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  let spec: Step["spec"];
  const steps = scenario.steps.map((step) => {
    spec = step.spec ?? spec;
    return { step, plan: planOf(scenario, spec) };
  });

  test.each(steps.map((one) => [one.step.name, one] as const))("%s: the model agrees", async (_, { step, plan }) => {
    const during = perfect(plan, step.fault);
    const after = perfect(plan, undefined);
    const hold = async (claims: readonly Claim[] = [], seen = during) => {
      for (const claim of claims) {
        try {
          expect(await claim.differs(scene(seen), ""), claim.says).toBeUndefined();
        } catch (error) {
          // What only a real lab can say is tried there.
          if (!(error instanceof NeedsLab)) throw error;
        }
      }
    };
    await hold(step.claims);
    await hold(step.healed, after);
  });

  test("its watches look at what the lab has", () => {
    for (const { step, plan } of steps) {
      const names = plan.netns.map(({ id }) => id);
      if (step.watch) expect(names).toEqual(expect.arrayContaining([step.watch.from, step.watch.to]));
    }
  });
});

const of = (name: string) => SCENARIOS.find((one) => one.name === name)!;
const seenIn = (name: string, fault?: string) => scene(perfect(planOf(of(name), undefined), fault));

/** A test of an expectation of a scenario that is wrong on purpose. */
const told = new Set<string>();
function wrong(name: string, about: string, body: () => Promise<void>): void {
  told.add(name);
  test(`${name}: ${about}`, body);
}

describe("a wrong expectation is told so that a learner understands", () => {
  wrong("docker0", "host02's pod can't be the one that host01 reaches", async () => {
    const claim = sees("", "tcp host01 -> host02/web:8080", { outcome: "ok", identity: "host02/web:app" });
    expect(await claim.differs(seenIn("docker0"), "")).toBe(
      "tcp host01 -> host02/web:8080 saw ok from host01/web:app seeing 172.17.0.1 ttl 64, where ok from host02/web:app was claimed",
    );
  });

  wrong("pod", "two containers of a pod don't share a port", async () => {
    const claim = tells("", "host01", "docker run serve 8080", "listening");
    const answers = { "host01$ docker run serve 8080": { exitCode: 1, text: "port 8080: Address already in use" } };
    expect(await claim.differs(scene(perfect(planOf(of("pod"), undefined), undefined), answers), "")).toBe(
      "host01$ docker run serve 8080 ended with exit code 1: port 8080: Address already in use",
    );
  });

  wrong("pod", "an address that changed, or that differs between containers", async () => {
    const answers = {
      "host01/web:app$ hostname -i": { exitCode: 0, text: "192.168.20.4" },
      "host01/web:sidecar$ hostname -i": { exitCode: 0, text: "192.168.20.2" },
    };
    const here = scene(perfect(planOf(of("pod"), undefined), undefined), answers);
    expect(await stays("", "host01/web:app", "hostname -i").differs(here, "192.168.20.2")).toBe(
      "host01/web:app$ hostname -i said 192.168.20.2 before, 192.168.20.4 now",
    );
    expect(await agree("", "hostname -i", ["host01/web:app", "host01/web:sidecar"]).differs(here, "")).toBe(
      "host01/web:app says 192.168.20.4, host01/web:sidecar says 192.168.20.2",
    );
  });

  wrong("routed", "a withdrawn route is not told to the side whose answers are lost", async () => {
    const claim = sees("", "icmp host02/web -> host01/web", { outcome: "no-route" });
    expect(await claim.differs(seenIn("routed", "route-withdraw 192.168.30.0/24"), "")).toBe(
      "icmp host02/web -> host01/web saw timeout, where no-route was claimed",
    );
  });

  wrong("nat", "with nothing exempt no pod sees another", async () => {
    const claim = sees("", "tcp host01/web -> host02/web:8080", { sourceSeen: "192.168.20.2" });
    expect(await claim.differs(seenIn("nat"), "")).toBe(
      "tcp host01/web -> host02/web:8080 saw ok from host02/web:app seeing 10.244.1.2 ttl 61, where ok seeing 192.168.20.2 was claimed",
    );
  });

  wrong("overlay", "the tunnel leaves no room for 1500 bytes", async () => {
    const claim = sees("", "mtu host01/web -> host02/web", { mtu: 1500 });
    expect(await claim.differs(seenIn("overlay"), "")).toBe(
      "mtu host01/web -> host02/web saw ok mtu 1450, where ok mtu 1500 was claimed",
    );
  });

  wrong("bgp", "a route by BGP does not outlive its announcer", async () => {
    const claim = sees("", "icmp host01/web -> host02/web", { outcome: "ok" });
    expect(await claim.differs(seenIn("bgp", "bgp-down host02"), "")).toBe(
      "icmp host01/web -> host02/web saw no-route by 10.249.1.1, where ok was claimed",
    );
  });

  wrong("cni", "a pod does not die with its pause container while its apps hold the namespace", async () => {
    const claim = sees("", "icmp host01/db -> host01/web", { outcome: "no-route" });
    expect(await claim.differs(seenIn("cni", "pause-kill host01/web"), "")).toBe(
      "icmp host01/db -> host01/web saw ok ttl 64, where no-route was claimed",
    );
  });

  wrong("services", "a service's address answers no ping: nobody has it", async () => {
    const claim = sees("", "icmp host01/client -> svc/web", { outcome: "ok" });
    expect(await claim.differs(seenIn("services"), "")).toBe(
      "icmp host01/client -> svc/web saw no-route by 10.250.1.1, where ok was claimed",
    );
  });

  wrong("policy", "whoever is rejected does not wait", async () => {
    const claim = sees("", "tcp host02/stranger -> host02/db:8080", { outcome: "timeout" });
    expect(await claim.differs(seenIn("policy"), "")).toBe(
      "tcp host02/stranger -> host02/db:8080 saw refused by 192.168.30.1, where timeout was claimed",
    );
  });

  wrong("dual-stack", "a route withdrawn from IPv6 is none of IPv4's", async () => {
    const claim = sees("", "icmp host01/web -> host02/web", { outcome: "no-route" });
    expect(await claim.differs(seenIn("dual-stack", "route-withdraw fd00:10:252:102::/64"), "")).toBe(
      "icmp host01/web -> host02/web saw ok ttl 61, where no-route was claimed",
    );
  });

  test("every scenario has one", () => {
    expect(SCENARIOS.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
  });

  test("a check that does not exist", async () => {
    const claim = sees("", "icmp host09 -> host01", { outcome: "ok" });
    expect(await claim.differs(seenIn("pod"), "")).toBe("nothing was probed by the name of icmp host09 -> host01");
  });
});
