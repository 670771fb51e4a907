import { describe, expect, test } from "vitest";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import type { KernelState } from "../../../lab-scripts/diagnose/events.ts";
import { explain } from "../../../lab-scripts/diagnose/explain.ts";
import { pick } from "../../../lab-scripts/diagnose/pick.ts";
import { sectionsOf } from "../../../lab-scripts/diagnose/section.ts";
import { probeOf, trialsOf } from "../../../lab-scripts/diagnose/shot.ts";
import { expectation, result } from "../verify/fixtures.ts";
import { type Changes, plan, sceneOf, trialOf } from "./scene.ts";

const told = (changes: Changes, trial = trialOf()) => {
  const found = explain(sceneOf(trial, changes), trial);
  return found && `${found.story}: ${found.cause.text}`;
};
/** Changes what one namespace holds. */
const holds =
  (netns: string, change: Partial<KernelState>): NonNullable<Changes["kernel"]> =>
  (state) =>
    state.netns === netns ? { ...state, ...change } : state;
const saved = (count: number, rule: string) => `*filter\n:FORWARD ACCEPT [0:0]\n[${count}:84] ${rule}\nCOMMIT\n`;

test("a packet that went its way leaves nothing to explain", () => {
  expect(told({})).toBeUndefined();
  expect(told({}, trialOf({ kind: "tcp", port: 8080 }))).toBeUndefined();
  expect(told({}, trialOf({ kind: "tcp-closed", port: 1 }))).toBeUndefined();
  expect(told({}, trialOf({ kind: "udp-closed", port: 1 }))).toBeUndefined();
});

test("where chance chose the way, the one that the packet followed is the one to compare with", () => {
  const trial = trialOf();
  const other = walk(new Network(plan.netns), { from: "host01/web", to: "192.168.30.3", protocol: "icmp" });
  const chosen = { ...trial, walk: other, walks: [other, trial.walk] };
  expect(explain(sceneOf(trial), chosen)).toBeUndefined();
  expect(explain(sceneOf(trial), { ...chosen, walks: [other] })).toBeDefined();
  expect(explain(sceneOf(trial, { question: 4, answer: 0 }), chosen)?.story).toBe(
    "left host01 eth0, arrived at router (host01-net), never left it",
  );
});

test("of a kernel that could not be read nothing is said but that", () => {
  const unread = [{ netns: "router", why: "ip -j route: timed out" }];
  const events: NonNullable<Changes["events"]> = (one) => {
    if (one.node !== "router") return;
    one.kernels.length = 0;
    one.unread.push(...unread);
  };
  const lost = { question: 4, answer: 0, events };
  expect(told(lost)).not.toMatch(/no route|lacks/);
  expect(sceneOf(trialOf(), lost).silent).toEqual([
    "what the kernel of router holds can't be read (ip -j route: timed out)",
  ]);
});

describe("a packet that ended in a namespace", () => {
  // host01/web out, host01 in and out, router in: the fourth sighting is the last.
  const atRouter = { question: 4, answer: 0 };

  test("without a route", () => {
    expect(told({ ...atRouter, kernel: holds("router", { routes: [] }) })).toBe(
      "left host01 eth0, arrived at router (host01-net), never left it: router has no route to 192.168.30.0/24",
    );
  });

  test("by a route that refuses", () => {
    const routes = [{ type: "blackhole", dst: "192.168.30.0/24" }];
    expect(told({ ...atRouter, kernel: holds("router", { routes }) })).toContain(
      `router's route is "blackhole 192.168.30.0/24"`,
    );
  });

  test("by a rule that counted it", () => {
    const rule = "-A FORWARD -p icmp -j DROP";
    const rules = { before: saved(5, rule), after: saved(8, rule) };
    const trial = trialOf();
    const found = explain(sceneOf(trial, { ...atRouter, kernel: holds("router", { rules }) }), trial)!;
    expect(found.cause.text).toBe('router drops it by its FORWARD rule "-p icmp -j DROP"');
    expect(found.cause.evidence).toEqual([
      'router: iptables filter FORWARD #1 "-A FORWARD -p icmp -j DROP" counted 3 packets of the repeated probes (5 -> 8)',
    ]);
  });

  test("a rule that counted nothing, or can't match, is innocent", () => {
    for (const [count, rule] of [
      [5, "-A FORWARD -p icmp -j DROP"],
      [8, "-A FORWARD -p tcp -j DROP"],
      [8, "-A INPUT -p icmp -j DROP"],
      [8, "-A FORWARD -d 10.9.0.0/16 -j DROP"],
    ] as const) {
      const rules = { before: saved(5, rule), after: saved(count, rule) };
      expect(told({ ...atRouter, kernel: holds("router", { rules }) }), rule).toContain("no rule, route or neighbour");
    }
  });

  test("without forwarding", () => {
    const settings = { ip_forward: "0" };
    expect(told({ ...atRouter, kernel: holds("router", { settings }) })).toContain("router does not forward packets");
  });

  test("for want of a neighbour: the receiver is to blame when its interface is down", () => {
    const kernel = (state: KernelState): KernelState => {
      if (state.netns === "router")
        return { ...state, neighbours: [{ dst: "10.240.2.2", dev: "x", state: ["FAILED"] }] };
      if (state.netns === "host02") return { ...state, links: state.links.map((link) => ({ ...link, flags: [] })) };
      return state;
    };
    const trial = trialOf();
    const { cause } = explain(sceneOf(trial, { ...atRouter, kernel }), trial)!;
    expect(cause).toMatchObject({ netns: "host02" });
    expect(cause.text).toMatch(/host02's interface (eth0|cbr0) is down/);
  });

  test("at its sender", () => {
    expect(told({ question: 0, answer: 0, kernel: holds("host01/web", { routes: [] }) })).toBe(
      "never left host01/web: host01/web has no default route",
    );
  });

  test("at its target, where nobody answers", () => {
    const settings = { ip_forward: "1", icmp_echo_ignore_all: "1" };
    expect(told({ answer: 0, kernel: holds("host02/web", { settings }) })).toMatch(
      /^arrived at host02\/web eth0, no answer left it: host02\/web answers no echo requests/,
    );
  });

  test("the answer of it", () => {
    expect(told({ answer: 4, kernel: holds("router", { routes: [] }) })).toBe(
      "the answer left host02 eth0, arrived at router (host02-net), never left it: router has no route to 192.168.20.0/24",
    );
  });
});

test("where a capture did not tell all, nobody is accused for what it did not see", () => {
  const cut =
    (node: string): NonNullable<Changes["events"]> =>
    (said) => {
      if (said.node === node) said.trouble = { node, kind: "broken", reason: "the packet capture did not finish" };
    };
  const noRoute = holds("router", { routes: [] });
  expect(told({ question: 0, answer: 0, events: cut("host01") })).toBeUndefined();
  expect(told({ question: 4, answer: 0, kernel: noRoute, events: cut("router") })).toBeUndefined();
  expect(told({ question: 4, answer: 0, kernel: noRoute, events: cut("host02") })).toContain("no route to");
  expect(told({ answer: 4, kernel: noRoute, events: cut("host02") })).toBeUndefined();
});

describe("a packet that was lost on a link", () => {
  test("whose bridge lacks the port", () => {
    const kernel = (state: KernelState): KernelState => ({
      ...state,
      links: state.links.map(({ master: _, ...link }) => link),
    });
    expect(told({ question: 1, answer: 0, kernel })).toBe(
      "left host01/web eth0, never arrived at host01 cbr0: the veth of host01/web is not plugged into cbr0",
    );
  });

  test("that ends in a pod without its pause container", () => {
    const events: NonNullable<Changes["events"]> = (said) => {
      if (said.node === "host02")
        said.missing.push({ netns: "host02/web", why: "pause container web.pause is exited" });
    };
    expect(told({ question: 7, answer: 0, events })).toContain(
      "host02/web has no network: pause container web.pause is exited",
    );
  });
});

describe("a packet that arrived otherwise", () => {
  test("with another source: the rule that counted it", () => {
    const rule = "-A POSTROUTING -s 192.168.20.0/24 -j MASQUERADE";
    const nat = (count: number) => `*nat\n[${count}:84] ${rule}\nCOMMIT\n`;
    expect(
      told({
        see: (one) => (one.netns === "host01" && one.dev === "eth0" ? { ...one, source: "10.240.1.2" } : one),
        kernel: holds("host01", { rules: { before: nat(0), after: nat(3) } }),
      }),
    ).toBe(
      "left host01 eth0 with source 10.240.1.2 instead of 192.168.20.2: " +
        'host01 rewrites its source to 10.240.1.2 by its POSTROUTING rule "-s 192.168.20.0/24 -j MASQUERADE"',
    );
  });

  test("as a reset: nobody listens", () => {
    const trial = trialOf({ kind: "tcp", port: 8080 }, "refused");
    const found = told(
      {
        see: (one) => (one.role === "answer" ? { ...one, message: "rst" } : one),
        kernel: holds("host02/web", { listening: ["tcp 9090"] }),
      },
      trial,
    );
    expect(found).toContain("rst instead of syn-ack: nobody listens on TCP port 8080 in host02/web");
  });

  test("only some of the time", () => {
    const trial = trialOf();
    const lost = trial.shots[1]!.shot;
    const found = explain(
      sceneOf(trial, {
        see: (one) => (one.shot === lost && one.role === "answer" ? { ...one, direction: "other-host" } : one),
      }),
      trial,
    );
    expect(found!.notes).toEqual(["1 of 3 repeated probes fared so; the others took their path"]);
  });
});

describe("what shares a cause", () => {
  const network = new Network(plan.netns);
  const sections = (from: string, to: string) => sectionsOf(network, { from, to, protocol: "icmp" });

  test("a missing route covers what the model sends by it, there and back, and nothing else", () => {
    const trial = trialOf();
    const { cause } = explain(
      sceneOf(trial, { question: 4, answer: 0, kernel: holds("router", { routes: [] }) }),
      trial,
    )!;
    const meets = (from: string, to: string) => sections(from, to).some((section) => cause.covers(section));
    expect(meets("host01/db", "192.168.30.3")).toBe(true);
    expect(meets("host02/db", "192.168.20.3")).toBe(true);
    expect(meets("host01/web", "192.168.20.3")).toBe(false);
    expect(meets("host01/web", "203.0.113.10")).toBe(false);
  });
});

test("behind a service it is the endpoint's port that nobody listens on", () => {
  const service = { destination: "10.96.0.1", protocol: "tcp", port: 80 } as const;
  const to = [{ address: "192.168.30.2", port: 8080 }];
  const rule = { chain: "PREROUTING", match: service, action: { kind: "dnat", to } } as const;
  const withService = plan.netns.map((one) => (one.id === "host01" ? { ...one, nat: [rule, ...one.nat] } : one));
  const check = { ...trialOf({ kind: "tcp", address: "10.96.0.1", port: 80 }).check };
  const network = new Network(withService);
  const trial = trialsOf(network, [check])[0]!;
  const kernel = holds("host02/web", { listening: ["tcp 9090"] });
  const { cause } = explain(sceneOf(trial, { answer: 0, kernel }), trial)!;
  expect(cause.text).toBe("nobody listens on TCP port 8080 in host02/web");
  expect(sectionsOf(network, probeOf(check)).some((section) => cause.covers(section))).toBe(true);
});

test("a packet that the model has refused by its sender is asked about like any other", () => {
  const kernel = holds("host01/web", { routes: [] });
  const withoutRoutes = plan.netns.map((one) => (one.id === "host01/web" ? { ...one, routes: [] } : one));
  const probe = { from: "host01/web", to: "192.168.30.2", protocol: "icmp" } as const;
  const refused = sectionsOf(new Network(withoutRoutes), probe);
  expect(refused).toMatchObject([{ kind: "made", packet: { source: "", destination: "192.168.30.2" } }]);
  const trial = trialOf();
  const { cause } = explain(sceneOf(trial, { question: 0, answer: 0, kernel }), trial)!;
  expect(cause.text).toBe("host01/web has no default route");
  expect(refused.map((section) => cause.covers(section))).toEqual([false]);
});

describe("which failed checks are tried again", () => {
  const failed = (changes: object) => result(changes, { outcome: "timeout" }, "fail");

  test("one for all kinds that fail alike between two ends, the echo first", () => {
    const checks = [failed({ kind: "tcp", port: 80 }), failed({ kind: "icmp" }), failed({ kind: "tcp", port: 81 })];
    expect(pick(plan, checks).map(({ expectation: { kind } }) => kind)).toEqual(["icmp"]);
  });

  test("each kind where the echo passes", () => {
    const checks = [failed({ kind: "tcp", port: 8080 }), failed({ kind: "udp", port: 8080 })];
    expect(pick(plan, checks)).toHaveLength(2);
  });

  test("no more than asked for, the sorts with most failures first", () => {
    const checks = [
      failed({ from: "host02", to: "host01" }),
      failed({ from: "host01/web", to: "host02/web" }),
      failed({ from: "host01/db", to: "host02/web" }),
    ];
    expect(pick(plan, checks, 1)[0]!.expectation.from).toBe("host01/web");
  });
});

test("a probe for a size or a way stands for the first packet that differs", () => {
  const mtu = trialOf({ kind: "mtu", expected: { outcome: "ok", mtu: 1500 } }, "ok");
  expect(mtu.shots[0]).toMatchObject({ protocol: "icmp", size: 1500, df: true });
  expect(new Set(mtu.shots.map(({ mark }) => mark)).size).toBe(3);
  expect(expectation({ kind: "path" }).kind).toBe("path");
});
