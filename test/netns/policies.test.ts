/** A lab with policies in namespaces: every pair as the model says, and an agent that tells what differs. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { resultText } from "../../lab-scripts/report/report.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { onThisMachine } from "./agent.ts";
import { sweep } from "./leftovers.ts";
import { PlannedLab } from "./planned.ts";

const labelled = (name: string) => ({ name, labels: { app: name } });
const SPEC = {
  hosts: [
    { name: "host01", podSubnet: "192.168.20.0/24", pods: ["web", "client"].map(labelled) },
    { name: "host02", podSubnet: "192.168.30.0/24", pods: ["db", "stranger"].map(labelled) },
  ],
  services: [{ name: "web", ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }], selector: { app: "web" } }],
  policies: [
    { name: "none", podSelector: {} },
    {
      name: "web",
      podSelector: { matchLabels: { app: "web" } },
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: "client" } } }], ports: [{ port: 8080 }] },
        // The forms of a port that iptables writes otherwise than with one number.
        {
          ports: [
            { port: 1000, endPort: 2000 },
            { port: 1000, endPort: 1000 },
            { port: 1, endPort: 65_535, protocol: "SCTP" },
          ],
        },
        { from: [{ podSelector: { matchLabels: { app: "db" } } }], ports: [{ protocol: "UDP" }, { protocol: "SCTP" }] },
      ],
    },
    {
      name: "db",
      podSelector: { matchLabels: { app: "db" } },
      action: "reject",
      policyTypes: ["Ingress", "Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] }],
    },
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
  const options = { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator };
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

describe("the agent", () => {
  afterEach(async () => {
    await lab.repair("host02");
  });

  test.each([
    ["-D FORWARD -j PODLAB-POLICY", "iptables filter rule of FORWARD", "-j PODLAB-POLICY", "nothing"],
    ["-I FORWARD 1 -j PODLAB-SERVICES", "iptables filter rule of FORWARD", "nothing", "-j PODLAB-SERVICES"],
    [
      "-D PODLAB-POLICY 1",
      "iptables filter rule of PODLAB-POLICY",
      "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "nothing",
    ],
    [
      "-D PODLAB-TO-db 2",
      "iptables filter rule of PODLAB-TO-db",
      "-j REJECT --reject-with icmp-port-unreachable",
      "nothing",
    ],
    [
      "-I PODLAB-FROM-db 1 -d 203.0.113.10 -j RETURN",
      "iptables filter rule of PODLAB-FROM-db",
      "nothing",
      "-d 203.0.113.10/32 -j RETURN",
    ],
  ])("tells what differs after iptables %s, and repairs it", async (broken, subject, wanted, found) => {
    lab.in("host02", `iptables ${broken}`);
    expect(await lab.differences("host02")).toEqual([{ namespace: "host02", subject, wanted, found }]);
    expect(await lab.repair("host02")).toHaveLength(1);
    expect(await lab.differences("host02")).toEqual([]);
  });
});
