/** A lab with policies in namespaces: every pair as the model says, and units that tell what is amiss. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unitText } from "../../infra/components/scripts.ts";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { resultText } from "../../lab-scripts/verify/report/report.ts";
import { verify } from "../../lab-scripts/verify/run.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { sweep } from "./leftovers.ts";
import { PlannedLab } from "./planned.ts";

const labelled = (name: string) => ({ name, labels: { app: name } });
const SPEC = {
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: ["web", "client"].map(labelled) },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: ["db", "stranger"].map(labelled) },
  ],
  services: [{ name: "web", port: 80, targetPort: 8080, selector: { app: "web" }, nodePort: 30_080 }],
  policies: [
    { name: "none", podSelector: {} },
    {
      name: "web",
      podSelector: { app: "web" },
      ingress: [{ from: [{ podSelector: { app: "client" } }], ports: [{ port: 8080 }] }],
    },
    { name: "db", podSelector: { app: "db" }, action: "reject", policyTypes: ["ingress", "egress"] },
  ],
};
const plan = planLab(readLab(SPEC, "policies"));
const lab = new PlannedLab(plan);

beforeAll(async () => {
  demandNamespaces();
  sweep();
  await lab.build();
});
afterAll(() => lab.remove());

test("who is let through, dropped or refused is what the model says, service or not, neighbour or not", async () => {
  const node = plan.nodes[0]!.name;
  const now = { ...plan, netns: plan.netns.map((one) => ({ ...one, node })) };
  const asked = expectations(plan).expectations.filter(({ kind }) => kind !== "fact");
  const options = { readyFile: null, nodeDoor: () => [], netnsDoor: lab.netnsDoor };
  const { checks, summary } = await verify(now, asked, options);
  expect(
    checks.flatMap(({ id, verdict, reason, observed }) =>
      verdict === "pass" ? [] : [`${id}: ${reason} (${resultText(observed)})`],
    ),
  ).toEqual([]);
  expect(summary.total).toBe(asked.length);
  const outcomes = Map.groupBy(checks, ({ observed }) => observed.outcome);
  for (const outcome of ["ok", "timeout", "refused"] as const)
    expect(outcomes.get(outcome)?.length).toBeGreaterThan(20);
});

describe("a unit", () => {
  const run = (command: string) => lab.in("host02", command);
  const { units } = plan.nodes.find(({ name }) => name === "host02")!;
  const unit = (name: string, verb: string): string => {
    const input = unitText(units.find((one) => one.name === name)!);
    const args = ["netns", "exec", lab.nameOf("host02"), "sh", "-s", verb];
    const { stdout, stderr } = spawnSync("ip", args, { input, encoding: "utf8" });
    return stdout + stderr;
  };
  const all = ["policies", "policy-db", "policy-stranger"];

  test.each([
    ["policies", "-D FORWARD -j PODLAB-POLICY", /wanted -A FORWARD -j PODLAB-POLICY, found nothing/],
    [
      "policies",
      "-I FORWARD 1 -j PODLAB-SERVICES",
      /wanted the first rule of FORWARD .*, found -A FORWARD -j PODLAB-SERVICES/,
    ],
    [
      "policies",
      "-D PODLAB-POLICY 1",
      /wanted -A PODLAB-POLICY -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT, found nothing/,
    ],
    ["policy-db", "-F PODLAB-TO-db", /wanted -A PODLAB-TO-db -j REJECT .*, found nothing/],
    [
      "policy-db",
      "-I PODLAB-FROM-db 1 -d 203.0.113.10 -j RETURN",
      /wanted no other rule, found .* -d 203\.0\.113\.10\/32 -j RETURN/,
    ],
    [
      "policy-stranger",
      "-F PODLAB-TO",
      /wanted -A PODLAB-TO -d 192\.168\.30\.3\/32 -j PODLAB-TO-stranger, found nothing/,
    ],
  ])("%s tells what is amiss after iptables %s, and mends it", (name, broken, said) => {
    run(`iptables ${broken}`);
    expect(unit(name, "check")).toMatch(said);
    unit("proxy", "apply"); // puts its own rule where it belongs: behind the policies
    for (const one of all) unit(one, "apply");
    for (const one of all) expect(unit(one, "check")).toBe("");
  });

  test("leaves nothing of itself", () => {
    for (const one of all.toReversed()) unit(one, "remove");
    expect(run("iptables-save -t filter")).not.toMatch(/PODLAB-(POLICY|FROM|TO)/);
  });
});
