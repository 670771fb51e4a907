/** A lab with services in namespaces: every pair as the model says, shares counted, and an agent that tells what differs. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Expectation } from "../../infra/expect/check.ts";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import { resultText } from "../../lab-scripts/report/report.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { onThisMachine } from "./agent.ts";
import { sweep } from "./leftovers.ts";
import { PlannedLab } from "./planned.ts";

const SPEC = {
  hosts: [
    {
      name: "host01",
      podSubnet: "192.168.20.0/24",
      pods: [
        {
          name: "web",
          labels: { app: "web" },
          containers: [{ name: "app", ports: [{ containerPort: 8080 }, { containerPort: 9090, name: "other" }] }],
        },
        { name: "client" },
      ],
    },
    {
      name: "host02",
      podSubnet: "192.168.30.0/24",
      pods: ["web", "shop"].map((name) => ({
        name,
        labels: { app: "web" },
        // Endpoints of a named port: shop is none, and elsewhere it is another number.
        containers: [
          { name: "app", ports: [{ containerPort: 8080 }] },
          { name: "sidecar", ports: [{ containerPort: 9091, ...(name === "web" && { name: "other" }) }] },
        ],
      })),
    },
  ],
  services: [
    {
      name: "web",
      selector: { app: "web" },
      ports: [
        { name: "http", port: 80, targetPort: 8080, nodePort: 30_080 },
        { name: "http-udp", protocol: "UDP", port: 80, targetPort: 8080, nodePort: 30_080 },
        { name: "other", port: 81, targetPort: "other" },
      ],
    },
    { name: "nobody", ports: [{ port: 80 }] },
    { name: "shut", ports: [{ port: 81, targetPort: 7 }], endpoints: ["host01/client"] },
  ],
};
const plan = planLab(readLab(SPEC, "services"));
const lab = new PlannedLab(plan);

beforeAll(async () => {
  demandNamespaces();
  sweep();
  await lab.build();
});
afterAll(() => lab.remove());

const isOfServices = ({ to, kind, port }: Expectation) => kind !== "fact" && (to.startsWith("svc/") || port === 30_080);

async function failures(only = isOfServices): Promise<string[]> {
  const node = plan.nodes[0]!.name;
  const now = { ...plan, netns: plan.netns.map((one) => ({ ...one, node })) };
  const asked = expectations(plan).expectations.filter(only);
  const options = { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator };
  const { checks } = await verify(now, asked, options);
  return checks.flatMap(({ id, verdict, reason, observed }) =>
    verdict === "pass" ? [] : [`${id}: ${reason} (${resultText(observed)})`],
  );
}

test("pods, hosts and the router reach every service as the model says, each endpoint as often as the others", async () => {
  expect(await failures()).toEqual([]);
});

describe("the agent", () => {
  afterEach(async () => {
    await lab.repair("host01");
  });

  test.each([
    [
      "-t nat -D PODLAB-SVC-web.http 3",
      "iptables nat rule of PODLAB-SVC-web.http",
      /-j PODLAB-SEP-web\.http-2$/,
      /^nothing$/,
    ],
    [
      "-t nat -R PODLAB-SEP-web.http-1 2 -p tcp -j DNAT --to-destination 192.168.20.3:8080",
      "iptables nat rule of PODLAB-SEP-web.http-1",
      /^nothing$/,
      /DNAT --to-destination 192\.168\.20\.3:8080$/,
    ],
    ["-t nat -F PODLAB-SERVICES", "iptables nat rule of PODLAB-SERVICES", /^-d 10\.96\.0\.1\/32/, /^nothing$/],
    ["-F PODLAB-SERVICES", "iptables filter rule of PODLAB-SERVICES", /-j REJECT --reject-with icmp-port/, /^nothing$/],
    ["-t nat -D POSTROUTING 1", "iptables nat rule of POSTROUTING", /^-j PODLAB-POSTROUTING$/, /^nothing$/],
    ["-t nat -F PODLAB-MARK-MASQ", "iptables nat rule of PODLAB-MARK-MASQ", /^-j MARK/, /^nothing$/],
  ])("tells what differs after iptables %s, and repairs it", async (broken, subject, wanted, found) => {
    lab.in("host01", `iptables ${broken}`);
    const told = { namespace: "host01", subject };
    expect(await lab.differences("host01")).toContainEqual({
      ...told,
      wanted: expect.stringMatching(wanted),
      found: expect.stringMatching(found),
    });
    await lab.repair("host01");
    expect(await lab.differences("host01")).toEqual([]);
  });
});

describe("who keeps one source port", () => {
  const ask = (from: string, address: string, port: number, source = 40_000) =>
    lab.in(from, `python3 ${new URL("ask.py", import.meta.url).pathname} ${address} ${port} ${source}`).trim();
  const NODE_PORT = ["host02/web", "10.240.1.2", 30_080] as const;
  const CLIENT = "-p udp -m udp -j DNAT --to-destination 192.168.20.3:8080";
  afterEach(() => lab.repair("host01"));

  test.each([
    ["of the service", "host01/web", "10.96.0.1", 80],
    ["of a host", ...NODE_PORT],
  ] as const)("is not sent on to an endpoint that left, by the address %s", async (_, from, address, port) => {
    // As if host01/client had been the one endpoint.
    lab.in("host01", `iptables -t nat -I PODLAB-SVC-web.http-udp 2 ${CLIENT}`);
    expect(ask(from, address, port)).toContain("host01/client:app");
    await lab.repair("host01");
    expect(ask(from, address, port)).toMatch(/web:app|shop:app/);
  });

  test("reaches nobody once the last endpoint left", async () => {
    lab.shell(
      "host01",
      "iptables -F PODLAB-SERVICES; iptables -t nat -A PREROUTING -p udp -d 10.96.0.2 --dport 80 -j DNAT --to 192.168.30.2:8080",
    );
    expect(ask("host01/client", "10.96.0.2", 80)).toContain(":app");
    await lab.repair("host01");
    expect(ask("host01/client", "10.96.0.2", 80)).not.toContain(":app");
  });

  test("is answered once a rule is back that was missing", async () => {
    lab.in("host01", "iptables -t nat -F PODLAB-SERVICES");
    expect(ask("host01/client", "10.96.0.1", 80)).not.toContain(":app");
    expect(ask(...NODE_PORT)).not.toContain(":app");
    await lab.repair("host01");
    expect(ask("host01/client", "10.96.0.1", 80)).toContain(":app");
    expect(ask(...NODE_PORT)).toContain(":app");
  });

  test("is masqueraded once no other rule comes first", async () => {
    lab.in("router", "iptables -t nat -I POSTROUTING -j ACCEPT");
    expect(ask("host01/client", "203.0.113.10", 80)).not.toContain("internet");
    await lab.repair("router");
    expect(ask("host01/client", "203.0.113.10", 80)).toContain("internet");
  });
});

test("a lot that is not fair is told in numbers", async () => {
  lab.in("host01", "iptables -t nat -D PODLAB-SVC-web.http 2");
  const told = await failures(({ kind, from }) => kind === "spread" && from === "host01");
  expect(told).toEqual([
    expect.stringMatching(
      /^spread host01 -> svc\/web:80: of 600 connections to svc\/web host01\/web:app got 0 \(200 were due\), .* at most 30\.3 is chance/,
    ),
  ]);
});
