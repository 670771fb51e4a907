/** A lab with services in namespaces: every pair as the model says, shares counted, and units that tell what is amiss. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unitText } from "../../infra/components/scripts.ts";
import type { Expectation } from "../../infra/expect/check.ts";
import { expectations } from "../../infra/expect/expectations.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { resultText } from "../../lab-scripts/verify/report/report.ts";
import { verify } from "../../lab-scripts/verify/run.ts";
import { demandNamespaces } from "../differential/machine.ts";
import { sweep } from "./leftovers.ts";
import { PlannedLab } from "./planned.ts";

const SPEC = {
  hosts: [
    {
      name: "host01",
      podSubnet: "192.168.20.0/24",
      pods: [{ name: "web", labels: { app: "web" } }, { name: "client" }],
    },
    {
      name: "host02",
      podSubnet: "192.168.30.0/24",
      pods: ["web", "shop"].map((name) => ({ name, labels: { app: "web" } })),
    },
  ],
  services: [
    { name: "web", port: 80, targetPort: 8080, nodePort: 30_080, selector: { app: "web" } },
    { name: "nobody", port: 80 },
    { name: "shut", port: 81, targetPort: 7, endpoints: ["host01/client"] },
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
  const options = { readyFile: null, nodeDoor: () => [], netnsDoor: lab.netnsDoor };
  const { checks } = await verify(now, asked, options);
  return checks.flatMap(({ id, verdict, reason, observed }) =>
    verdict === "pass" ? [] : [`${id}: ${reason} (${resultText(observed)})`],
  );
}

test("pods, hosts and the router reach every service as the model says, each endpoint as often as the others", async () => {
  expect(await failures()).toEqual([]);
});

describe("a unit", () => {
  const run = (command: string) => lab.in("host01", command);
  const { units } = plan.nodes.find(({ name }) => name === "host01")!;
  /** What it says; nothing when all is well. */
  const unit = (name: string, verb: string): string => {
    const input = unitText(units.find((one) => one.name === name)!);
    const args = ["netns", "exec", lab.nameOf("host01"), "sh", "-s", verb];
    const { stdout, stderr } = spawnSync("ip", args, { input, encoding: "utf8" });
    return stdout + stderr;
  };

  test.each([
    ["service-web", "-t nat -D PODLAB-SVC-web 4", /wanted -A PODLAB-SVC-web .*-j PODLAB-SEP-web-2, found nothing/],
    [
      "service-web",
      "-t nat -R PODLAB-SEP-web-1 2 -p tcp -j DNAT --to-destination 192.168.20.3:8080",
      /found .*192\.168\.20\.3/,
    ],
    ["service-web", "-t nat -F PODLAB-SERVICES", /wanted -A PODLAB-SERVICES -d 10\.96\.0\.1\/32/],
    ["service-nobody", "-F PODLAB-SERVICES", /wanted .* -j REJECT --reject-with icmp-port-unreachable, found nothing/],
    ["proxy", "-t nat -D POSTROUTING 1", /wanted -A POSTROUTING -j PODLAB-POSTROUTING, found nothing/],
    ["proxy", "-t nat -F PODLAB-MARK-MASQ", /wanted -A PODLAB-MARK-MASQ .*, found nothing/],
  ])("%s tells what is amiss after iptables %s, and mends it", (name, broken, said) => {
    run(`iptables ${broken}`);
    expect(unit(name, "check")).toMatch(said);
    unit("proxy", "apply");
    for (const service of ["service-web", "service-nobody", "service-shut"]) unit(service, "apply");
    for (const one of ["proxy", "service-web", "service-nobody", "service-shut"]) expect(unit(one, "check")).toBe("");
  });

  test("leaves nothing of itself", () => {
    const before = run("iptables-save").replaceAll(/^#.*|\[\d+:\d+\]/gm, "");
    for (const one of ["service-shut", "service-nobody", "service-web"]) unit(one, "remove");
    expect(run("iptables-save")).not.toMatch(/PODLAB-S(VC|EP)-|REJECT/);
    unit("proxy", "remove");
    expect(run("iptables-save")).not.toMatch(/PODLAB-(SERV|NODE|MARK|POST)/);
    for (const one of ["proxy", "service-web", "service-nobody", "service-shut"]) unit(one, "apply");
    expect(
      run("iptables-save")
        .replaceAll(/^#.*|\[\d+:\d+\]/gm, "")
        .split("\n")
        .sort(),
    ).toEqual(before.split("\n").sort());
  });
});

test("a lot that is not fair is told in numbers", async () => {
  lab.in("host01", "iptables -t nat -D PODLAB-SVC-web 3");
  const told = await failures(({ kind, from }) => kind === "spread" && from === "host01");
  expect(told).toEqual([
    expect.stringMatching(
      /^spread host01 -> svc\/web:80: of 600 connections to svc\/web host01\/web:app got 0 \(200 were due\), .* at most 30\.3 is chance/,
    ),
  ]);
});
