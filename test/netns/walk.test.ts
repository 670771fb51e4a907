/** Packets' ways on real kernels: each kind of packet as modelled, and what is said where one fares otherwise. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { questionOf, type Wish } from "../../lab-scripts/trace/question.ts";
import { takeTrace } from "../../lab-scripts/trace/take.ts";
import { traceText } from "../../lab-scripts/trace/text.ts";
import type { Trace } from "../../lab-scripts/trace/trace.ts";
import { onThisMachine } from "./agent.ts";
import { PlannedLab } from "./planned.ts";

const hosts = ["192.168.20.0/24", "192.168.30.0/24"].map((podSubnet, at) => ({
  name: `host0${at + 1}`,
  podSubnet,
  pods: [{ name: "web" }],
}));

class TracedLab {
  readonly #plan;
  readonly #lab;

  constructor(spec: object) {
    this.#plan = planLab(readLab({ hosts, ...spec }, "netns"));
    this.#lab = new PlannedLab(this.#plan);
  }

  build = () => this.#lab.build();
  remove = () => this.#lab.remove();
  in = (netns: string, command: string) => this.#lab.in(netns, command);

  async walk(from: string, to: string, wish: Wish = {}): Promise<Trace> {
    const options = { nodeExec: onThisMachine, netnsLocator: this.#lab.netnsLocator };
    return (await takeTrace(this.#plan, questionOf(this.#plan, from, to, wish), options)).trace;
  }
}

const way = ({ question }: Trace) => question.steps.map((one) => `${one.netns} ${one.interface} ${one.direction}`);
const said = (trace: Trace) => traceText(trace, { reply: true });

describe("routed, with IPv6", () => {
  const lab = new TracedLab({ ipv6: true });
  const undo: (() => void)[] = [];
  beforeAll(() => lab.build());
  afterAll(() => lab.remove());
  afterEach(() => {
    for (const one of undo.splice(0)) one();
  });

  test.each<[string, string, Wish, string]>([
    ["host01/web", "host02/web", {}, "ok"],
    ["host01/web", "host02/web", { tcp: true }, "ok"],
    ["host01/web", "internet", { udp: true, size: "1400" }, "ok"],
    ["host01/web", "host02/web", { udp: "99" }, "refused"],
    ["host01/web", "host02/web", { ttl: "2" }, "ttl-exceeded"],
    ["host01/web", "host02/web", { size: "1501" }, "fragmentation-needed"],
    ["host01/web", "host01/web", { tcp: true }, "ok"],
    ["host01/web", "host02/web", { ipv6: true, size: "1500" }, "ok"],
    ["host01/web", "internet", { ipv6: true, tcp: true }, "ok"],
    ["host01/web", "host02/web", { ipv6: true, udp: "99" }, "refused"],
    ["host01/web", "127.0.0.1", { tcp: "8080" }, "ok"],
    ["host01/web", "192.168.30.255", { udp: "8080" }, "timeout"],
    ["router", "192.168.99.1", {}, "no-route"],
    ["host01/web", "192.168.20.99", {}, "no-route"],
    ["internet", "host01/web", {}, "no-route"],
  ])("%s -> %s %o as modelled: %s", async (from, to, wish, outcome) => {
    const trace = await lab.walk(from, to, wish);
    expect(trace.asModelled, said(trace)).toBe(true);
    expect(trace.outcome).toBe(outcome);
  });

  test("the port of the bridge is told beside the bridge", async () => {
    const { question } = await lab.walk("host01/web", "host02/web");
    const ports = question.steps.map((step) => step.ports?.map(({ netns, bridge }) => `${netns} ${bridge}`).join());
    expect(ports).toEqual([undefined, "host01 cbr0", ...new Array(5).fill(undefined), "host02 cbr0"]);
  });

  test("too large for a link on the way: where, and what came back", async () => {
    lab.in("router", "ip link set dev host02-net mtu 1300");
    undo.push(() => lab.in("router", "ip link set dev host02-net mtu 1500"));
    const trace = await lab.walk("host01/web", "host02/web", { size: "1400" });
    expect(trace).toMatchObject({ asModelled: false, outcome: "fragmentation-needed" });
    expect(trace.why?.story).toBe("left host01 eth0, arrived at router (host01-net), never left it");
    expect(trace.why?.cause).toBe("1400 bytes don't fit router host02-net, whose MTU is 1300");
    expect(trace.answer).toMatchObject({ kind: "error" });
    expect(trace.answer.steps.at(-1)).toMatchObject({ netns: "host01/web", error: { type: 3, code: 4, mtu: 1300 } });
  });

  test("lost in a filter, and a connection's answer lost: the last place and the rule", async () => {
    lab.in("router", "iptables -I FORWARD -s 192.168.30.2 -j DROP");
    undo.push(() => lab.in("router", "iptables -D FORWARD -s 192.168.30.2 -j DROP"));
    const trace = await lab.walk("host01/web", "host02/web", { tcp: true });
    expect(trace).toMatchObject({ asModelled: false, outcome: "timeout" });
    expect(trace.question.steps.every(({ model }) => model === "same")).toBe(true);
    expect(trace.why?.story).toMatch(/^the answer left host02 eth0, arrived at router/);
    expect(trace.why?.cause).toContain("-s 192.168.30.2/32 -j DROP");
  });
});

describe("overlay", () => {
  const lab = new TracedLab({ network: "overlay" });
  beforeAll(() => lab.build());
  afterAll(() => lab.remove());

  test("the router sees UDP with the pods' packet inside", async () => {
    const trace = await lab.walk("host01/web", "host02/web");
    expect(trace.asModelled, said(trace)).toBe(true);
    const inside = trace.question.steps.map(({ inside: one }) => one?.ttl);
    const tunnel = way(trace).filter((_, at) => inside[at] !== undefined);
    expect(tunnel).toEqual(["host01 eth0 out", "router host01-net in", "router host02-net out", "host02 eth0 in"]);
    expect(said(trace)).toContain("VXLAN 1 around 192.168.20.2 > 192.168.30.2 TTL 63");
  });
});

describe("services", () => {
  const endpoints = ["host01/web", "host02/web"];
  const bothOf = (port: object) =>
    ["TCP", "UDP"].map((protocol) => ({ name: protocol.toLowerCase(), protocol, ...port }));
  const services = [
    { name: "web", ports: bothOf({ port: 80, targetPort: 8080, nodePort: 30_080 }), endpoints },
    { name: "self", ports: bothOf({ port: 81, targetPort: 8080 }), endpoints: ["host01/web"] },
    { name: "nobody", ports: bothOf({ port: 80 }) },
  ];
  const lab = new TracedLab({ services });
  beforeAll(() => lab.build());
  afterAll(() => lab.remove());

  test.each<[string, string, Wish, string]>([
    ["host01/web", "svc/web", { tcp: true }, "ok"],
    ["host01/web", "svc/self", { udp: true }, "ok"],
    ["host01", "svc/web", { tcp: true }, "ok"],
    ["router", "host01", { tcp: "30080" }, "ok"],
    ["host01/web", "svc/nobody", { tcp: true }, "refused"],
  ])("%s -> %s %o as modelled, to whichever endpoint it went: %s", async (from, to, wish, outcome) => {
    const trace = await lab.walk(from, to, wish);
    expect(trace.asModelled, said(trace)).toBe(true);
    expect(trace.outcome).toBe(outcome);
  });

  test("the host gives the packet another destination, and its answer the service's address back", async () => {
    const { question, answer } = await lab.walk("host02/web", "svc/self", { tcp: true });
    expect(question.steps.map(({ netns, destination }) => `${netns} ${destination}`).slice(0, 3)).toEqual([
      "host02/web 10.96.0.2",
      "host02 192.168.20.2", // a bridge with rules translates what it hands to its own host
      "host02 192.168.20.2",
    ]);
    expect(question.steps.flatMap(({ did }) => did).join()).toMatch(
      /destination 10\.96\.0\.2 port 81 -> 192\.168\.20\.2 port 8080, by nat PREROUTING PODLAB-SVC-self/,
    );
    expect(answer.steps.at(-1)).toMatchObject({ source: "10.96.0.2", sourcePort: 81 });
  });
});
