/** The components under Pulumi's mocks: which resources a plan becomes, and what they depend on. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import type { NodeReport } from "../../infra/machine/observe.ts";
import { recordText } from "../../infra/plan/labRecord.ts";
import { nodeStates } from "../../infra/plan/nodeStates.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab, readSpec } from "../../infra/spec/read.ts";
import type { Survey } from "../../infra/survey.ts";

/** In the order in which Pulumi was done with them. */
const done: string[] = [];
const made: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

const well: NodeReport = {
  version: 2,
  booted: true,
  digest: "a",
  generation: 3,
  record: null,
  faults: [],
  differences: [],
};

const seen = (hosts: number, podsPerHost: number, part: Partial<Survey> = {}): Survey =>
  surveyOf({ hosts, podsPerHost }, part);

function surveyOf(input: object, part: Partial<Survey> = {}): Survey {
  const spec = readSpec(input);
  const plan = planLab(readLab(spec, "mock"));
  return {
    plan,
    states: nodeStates(plan),
    record: recordText(plan.lab, spec),
    found: { containers: [], networks: plan.segments.map(networkOf) },
    engine: "ABCD",
    maker: { lab: "mock", clone: "0123456789abcdef", stack: "mock" },
    image: { name: "podlab/node:1", base: "debian:trixie-slim", isThere: true, lacking: new Set() },
    observed: new Map(),
    heldBack: [],
    ...part,
  };
}

const networkOf = ({ network: name, subnet }: Survey["plan"]["segments"][number]) => ({
  id: `${name}-id`,
  name,
  lab: "mock",
  stack: "mock",
  role: "segment",
  owner: "0123456789abcdef",
  spec: "",
  masquerades: false,
  subnets: [subnet],
  hasRule: false,
});

async function declare(survey: Survey): Promise<void> {
  const { declareLab } = await import("../../infra/components/lab.ts");
  made.length = 0;
  done.length = 0;
  const parent = new pulumi.ComponentResource("podlab:index:Lab", survey.plan.lab);
  const verified = declareLab(survey, { parent });
  await new Promise((resolve) => verified.apply(resolve));
}

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: async ({ type, name, inputs }) => {
      made.push({ type, name, inputs });
      // As slow as Docker is, next to containers that are there at once.
      const isSegment = String(inputs.stdin).startsWith("--driver=");
      if (isSegment) await new Promise((resolve) => setTimeout(resolve, 100));
      if (!type.startsWith("podlab:")) done.push(name);
      return { id: `${name}-id`, state: isSegment ? { ...inputs, stdout: `${name}-id` } : inputs };
    },
    call: () => ({}),
  });
});

const named = (name: string) => made.find((one) => one.name === name && !one.type.startsWith("podlab:"))!;
const ofType = (type: string) => made.filter((one) => one.type === type).map(({ name }) => name);
const custom = () => made.filter(({ type }) => !type.startsWith("podlab:"));
const environment = (name: string) => named(name).inputs.environment as Record<string, string>;

test("few resources: with Pulumi's two providers at most 22 for 2x1 and 95 for 16x4", async () => {
  await declare(seen(2, 1));
  expect(custom().length + 2).toBeLessThanOrEqual(22);
  await declare(seen(16, 4));
  expect(custom().length + 2).toBeLessThanOrEqual(95);
});

test("the tree reads like the lab", async () => {
  await declare(seen(2, 1));
  expect(ofType("podlab:index:Lab")).toEqual(["mock"]);
  expect(ofType("podlab:lab:Segment")).toEqual(["internet-net", "host01-net", "host02-net"]);
  expect([...ofType("podlab:lab:Internet"), ...ofType("podlab:lab:Router")]).toEqual(["internet", "router"]);
  expect(ofType("podlab:lab:Host")).toEqual(["host01", "host02"]);
  expect(ofType("podlab:lab:Pod")).toEqual(["host01.pod1", "host02.pod1"]);
  expect(ofType("docker:index/container:Container").sort()).toEqual(["host01", "host02", "internet", "router"]);
});

test("names that differ stay apart, however they are put together", async () => {
  const names = ["a", "a-b", "a-b-c", "b", "b-c", "c", "b-net", "a-state", "a-net", "node-image"];
  const images = ["foo/bar:1", "foo-bar:1", "foo.bar:1"];
  const containers = images.map((image, at) => ({ name: names[at], image }));
  await declare(
    surveyOf({ hosts: names.map((name) => ({ name, pods: names.map((pod) => ({ name: pod, containers })) })) }),
  );
  // A URN tells a resource from others by its type, its parents' types and its name; all Commands of hosts have the same parents.
  const resources = made.map(({ type, name }) => `${type} ${name}`);
  expect(resources.filter((one, at) => resources.indexOf(one) < at)).toEqual([]);
});

test("what a process is handed in its environment does not grow with the lab", async () => {
  const image = "registry.example/some/quite/long/name";
  const pods = Array.from({ length: 200 }, (_, at) => {
    return { name: `p${at}`, containers: [{ name: "app", image: `${image}:${at}`, env: { A: "a".repeat(4096) } }] };
  });
  const expect1000 = Array.from({ length: 1000 }, (_, at) => ({
    from: `host01/p${at % 200}`,
    to: "internet",
    port: at + 1,
  }));
  await declare(surveyOf({ hosts: [{ name: "host01", pods }], expect: expect1000 }));
  expect(environment("host01-state").IMAGES).toBe("200");
  for (const { name, type, inputs } of made.filter((one) => one.type.endsWith(":Command"))) {
    const { environment: own, create } = inputs as { environment: Record<string, string>; create: string };
    expect(create.length + JSON.stringify(own).length, `${type} ${name}`).toBeLessThan(2500);
  }
});

test("everything carries the labels of its lab and of its clone", async () => {
  await declare(seen(2, 1));
  const labels = { lab: "mock", owner: "0123456789abcdef", stack: "mock" };
  for (const name of ofType("docker:index/container:Container")) {
    for (const [label, value] of Object.entries(labels)) {
      expect(named(name).inputs.labels, name).toContainEqual({ label: `dev.podlab.${label}`, value });
    }
  }
  for (const name of ofType("podlab:lab:Segment")) {
    const flags = (named(name).inputs.stdin as string).split("\n");
    for (const [label, value] of Object.entries(labels))
      expect(flags).toContain(`--label=dev.podlab.${label}=${value}`);
  }
});

test("no node is privileged, mounts anything of the machine or publishes a port", async () => {
  await declare(seen(2, 1));
  for (const name of ofType("docker:index/container:Container")) {
    const { inputs } = named(name);
    expect(inputs.privileged, name).toBeUndefined();
    expect(inputs.ports, name).toBeUndefined();
    expect(inputs.mounts, name).toBeUndefined();
    const ofMachine = ((inputs.volumes as object[]) ?? []).filter((volume) => "hostPath" in volume);
    expect(ofMachine, name).toEqual([]);
  }
});

test("a node is told its whole state, at its generation, again when its container is another one", async () => {
  const difference = { namespace: "host02", subject: "route default", wanted: "via 10.0.0.1", found: "nothing" };
  const observed = new Map([
    ["host01", well],
    ["host02", { ...well, differences: [difference] }],
  ]);
  const survey = seen(2, 1, { observed });
  await declare(survey);
  expect(JSON.parse(named("host01-state").inputs.stdin as string)).toEqual(survey.states.get("host01"));
  expect(environment("host01-state")).toMatchObject({ NODE: "mock.host01", NODE_ID: "host01-id", GENERATION: "3" });
  expect(environment("host02-state").GENERATION).toBe("4");
  expect(environment("router-state").GENERATION).toBe("1");
});

/** What declaring the second lab after the first changes: names of resources; and of each state the paths, as `+pods/db`. */
async function changes(before: object, after: object): Promise<Record<string, string[]>> {
  await declare(surveyOf(before));
  const old = new Map(custom().map(({ name, inputs }) => [name, inputs]));
  await declare(surveyOf(after));
  const changed = custom().filter(({ name, inputs }) => JSON.stringify(old.get(name)) !== JSON.stringify(inputs));
  const stdin = (inputs: Record<string, unknown> | undefined) => JSON.parse((inputs?.stdin as string) ?? "{}");
  return Object.fromEntries(changed.map(({ name, inputs }) => [name, paths(stdin(old.get(name)), stdin(inputs))]));
}

function paths(before: unknown, after: unknown, at = ""): string[] {
  if (before === undefined) return [`+${at}`];
  if (after === undefined) return [`-${at}`];
  if (typeof before !== "object" || typeof after !== "object" || !before || !after) {
    return before === after ? [] : [`~${at}`];
  }
  const [one, other] = [before, after] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(one!), ...Object.keys(other!)]);
  return [...keys].flatMap((key) => paths(one![key], other![key], at ? `${at} ${key}` : key));
}

const HOSTS = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }] },
  { name: "host02", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }] },
];

test.each(["routed", "overlay", "bgp", "cni"])(
  "a pod more of network %s adds that pod to its host's state",
  async (network) => {
    const more = [{ ...HOSTS[0]!, pods: [{ name: "web" }, { name: "db" }] }, HOSTS[1]!];
    expect(await changes({ network, hosts: HOSTS }, { network, hosts: more })).toEqual({
      "host01-state": ["+pods db"],
      verification: ["+spec hosts 0 pods 1"],
    });
  },
);

test("a host's other address changes the router's next hop, and what that host itself has of it", async () => {
  const moved = [HOSTS[0]!, { ...HOSTS[1]!, address: "10.240.2.9" }];
  const { "host02-state": own, ...others } = await changes({ hosts: HOSTS }, { hosts: moved });
  expect(others).toEqual({
    "router-state": ["~kernel routes 192.168.30.0/24 via"],
    verification: ["+spec hosts 1 address"],
  });
  expect(own).toEqual(["~kernel interfaces eth0 addresses 0"]);
});

test("a node is told nothing before its segments are there: without them its agent would wait for cables that never come", async () => {
  await declare(seen(2, 1));
  const before = (one: string, other: string) =>
    expect(done.indexOf(one), done.join(" ")).toBeLessThan(done.indexOf(other));
  before("host01-net", "host01-state");
  for (const segment of ["internet-net", "host01-net", "host02-net"]) before(segment, "router-state");
});

test("the verification is made again when a generation, a state or a cable changes, and only then", async () => {
  const nodes = async (survey: Survey) => {
    await declare(survey);
    return environment("verification").NODES;
  };
  const before = await nodes(seen(2, 1));
  expect(await nodes(seen(2, 1))).toBe(before);
  expect(await nodes(seen(2, 2))).not.toBe(before);
  const observed = new Map([["host01", well]]);
  const applied = await nodes(seen(2, 1, { observed }));
  expect(applied).not.toBe(before);
  const unplugged = [
    {
      id: "a",
      name: "mock.host01",
      lab: "mock",
      role: "host",
      owner: "",
      stack: "",
      spec: "",
      state: "running",
      plugged: new Map(),
    },
  ];
  expect(await nodes(seen(2, 1, { observed, found: { containers: unplugged, networks: [] } }))).not.toBe(applied);
});

test("a segment is made again where its network is gone, and only then", async () => {
  const missing = async (survey: Survey) => {
    await declare(survey);
    return ["internet-net", "host01-net"].filter((name) => environment(name).MISSING !== "");
  };
  expect(await missing(seen(2, 1))).toEqual([]);
  const [internet, ...others] = seen(2, 1).found.networks;
  expect(await missing(seen(2, 1, { found: { containers: [], networks: others } }))).toEqual(["internet-net"]);
  const foreign = [{ ...internet!, lab: "" }, ...others];
  expect(await missing(seen(2, 1, { found: { containers: [], networks: foreign } }))).toEqual(["internet-net"]);
});

test("the image is built where the machine has not got it, and nodes wait for it only then", async () => {
  await declare(seen(2, 1));
  expect(environment("node-image")).toEqual({ IMAGE: "podlab/node:1", BASE: "debian:trixie-slim", MISSING: "" });
  await declare(seen(2, 1, { image: { name: "podlab/node:2", base: "x", isThere: false, lacking: new Set() } }));
  expect(environment("node-image").MISSING).not.toBe("");
});

test("a lab with IPv6 has the machine's ip6tables let its frames pass, again where a rule is lost; others leave it alone", async () => {
  await declare(seen(2, 1));
  expect(named("let-pass")).toBeUndefined();
  const survey = surveyOf({ hosts: 2, podsPerHost: 1, ipv6: true });
  await declare(survey);
  // The mock's ids, as short as Docker's.
  expect(environment("let-pass")).toMatchObject({
    LAB: "mock",
    BRIDGES: "br-internet-net br-host01-net-i br-host02-net-i",
  });
  const before = environment("verification").NODES;
  expect(done.indexOf("let-pass")).toBeLessThan(done.indexOf("verification"));
  await declare({ ...survey, heldBack: ["host01-net"] });
  expect(environment("let-pass").REPAIRED).not.toBe("");
  expect(environment("verification").NODES).not.toBe(before);
});

test("a node without its agent is made anew, once, and keeps what says so", async () => {
  const silence =
    'it could not be asked: OCI runtime exec failed: exec: "podlab-node": executable file not found in $PATH';
  const label = (name: string) =>
    (named(name).inputs.labels as { label: string; value: string }[]).find((one) => one.label === "dev.podlab.remade");
  await declare(seen(2, 1, { observed: new Map([["host01", { silence }]]) }));
  expect([label("host01")?.value, label("host02")]).toEqual([expect.stringMatching(/^\d{4}-/), undefined]);
  const container = {
    ...{ id: "a", name: "mock.host01", lab: "mock", role: "host", owner: "", stack: "", spec: "" },
    ...{ state: "running", plugged: new Map(), remade: "then" },
  };
  await declare(seen(2, 1, { found: { containers: [container], networks: [] } }));
  expect(label("host01")?.value).toBe("then");
});
