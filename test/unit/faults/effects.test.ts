/** The model's side of every fault on the article's lab: which pairs end otherwise, and how. Each was seen on a real lab, too. */
import { describe, expect, test } from "vitest";
import { resultsExpected } from "../../../infra/expect/check.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { changedBy, expectedUnder } from "../../../lab-scripts/faults/expected.ts";
import { aim } from "../../../lab-scripts/faults/faults.ts";
import { articlePlan } from "../verify/fixtures.ts";

const article = articlePlan();
const overlay = planLab(readLab({ network: "overlay", hosts: 3 }, "test"));

/** `host01/web -> host02: no-route`, of every echo that ends otherwise than in the healthy lab. */
function echoes(fault: string, plan: LabPlan = article): string[] {
  return changedBy(aim(plan, fault.split(" ")), plan)
    .filter(({ now, was }) => now.kind === "icmp" && was.expected.outcome !== now.expected.outcome)
    .map(({ from, to, now }) => `${from} -> ${to}: ${now.expected.outcome}`)
    .sort();
}

const HOST01 = ["host01/web", "host01/db", "host01"];
const HOST02 = ["host02/web", "host02/db", "host02"];
const pods = (names: readonly string[]) => names.filter((name) => name.includes("/"));

/** All of `from` to all of `to`, with one outcome. */
function pairs(from: readonly string[], to: readonly string[], outcome: string): string[] {
  return from.flatMap((one) => to.filter((other) => other !== one).map((other) => `${one} -> ${other}: ${outcome}`));
}

const sorted = (...lists: string[][]) => lists.flat().sort();

describe("links", () => {
  test("a pulled cable: nobody beyond it is reached, from either side; the host's own pods are", () => {
    expect(echoes("link-down host02")).toEqual(
      sorted(pairs(HOST01, HOST02, "no-route"), pairs(HOST02, [...HOST01, "router", "internet"], "no-route")),
    );
  });

  test("a bridge that is down: its pods hear nobody; packets for them circle between host and router", () => {
    const others = [...HOST01, ...HOST02, "router", "internet"];
    expect(echoes("bridge-down host01")).toEqual(
      sorted(
        pairs(pods(HOST01), others, "no-route"),
        pairs(HOST02, pods(HOST01), "ttl-exceeded"),
        pairs(["host01"], pods(HOST01), "timeout"),
      ),
    );
  });

  test("a smaller MTU: every pair still answers, and only the largest packet changes", () => {
    const changed = changedBy(aim(article, ["mtu", "host02", "1400"]), article);
    // The receiving end of a veth leaves room for a VLAN tag.
    expect(changed.map(({ now }) => [now.id, now.expected.mtu])).toEqual([
      ["mtu host01/web -> host02/web", 1404],
      ["mtu host02/db -> host01/db", 1400],
    ]);
  });
});

describe("routing", () => {
  test("a withdrawn route: refused there, lost on the way back, and the host itself untouched", () => {
    expect(echoes("route-withdraw 192.168.30.0/24")).toEqual(
      sorted(pairs(HOST01, pods(HOST02), "no-route"), pairs(pods(HOST02), [...HOST01, "router"], "timeout")),
    );
  });

  test("a host without default route", () => {
    expect(echoes("route-withdraw default host01")).toEqual(
      sorted(pairs(HOST01, [...HOST02, "internet"], "no-route"), pairs(HOST02, HOST01, "timeout")),
    );
  });

  test("a router that does not forward says nothing of it", () => {
    expect(echoes("forwarding-off router")).toEqual(
      sorted(pairs(HOST01, [...HOST02, "internet"], "timeout"), pairs(HOST02, [...HOST01, "internet"], "timeout")),
    );
  });

  test("a stale FDB entry silences both ways, and only between the two hosts' pods", () => {
    const [one, other] = [
      ["host01", "host01/pod1", "host01/pod2"],
      ["host02", "host02/pod1", "host02/pod2"],
    ] as const;
    // The hosts reach each other: their own packets are in no tunnel.
    expect(echoes("stale-fdb host01 host02", overlay)).toEqual(
      sorted(
        pairs(one, pods(other), "timeout"),
        pairs(pods(other), one, "timeout"),
        pairs(["host02"], pods(one), "timeout"),
      ),
    );
  });
});

describe("learned routes", () => {
  const speaking = planLab(readLab({ network: "bgp", hosts: 2 }, "test"));
  const [one, other] = [
    ["host01", "host01/pod1", "host01/pod2"],
    ["host02", "host02/pod1", "host02/pod2"],
  ] as const;

  test("a session that ends: the subnet is refused there, and answers to it are lost; hosts still reach each other", () => {
    expect(echoes("bgp-down host02", speaking)).toEqual(
      sorted(pairs(one, pods(other), "no-route"), pairs(pods(other), [...one, "router"], "timeout")),
    );
  });

  test("a bridge that is down is announced no more, so nothing circles", () => {
    expect(echoes("bridge-down host01", speaking)).toEqual(
      sorted(
        pairs(pods(one), [...one, ...other, "router", "internet"], "no-route"),
        pairs([...other, "host01"], pods(one), "no-route"),
      ),
    );
  });

  test("a host that falls silent is withdrawn", () => {
    const { plan } = expectedUnder(aim(speaking, ["link-down", "host02"]), speaking);
    const router = plan.netns.find(({ id }) => id === "router")!;
    expect(router.routes.map(({ destination }) => destination)).toEqual(["192.168.1.0/24"]);
  });
});

describe("rules", () => {
  test("dropped is silence, rejected is refused, and answers from behind are lost with both", () => {
    // The router's own answers pass OUTPUT, not FORWARD; the internet's go to the host that masqueraded.
    const behind = pairs(pods(HOST02), HOST01, "timeout");
    expect(echoes("drop router 192.168.30.0/24")).toEqual(sorted(pairs(HOST01, pods(HOST02), "timeout"), behind));
    expect(echoes("reject router 192.168.30.0/24")).toEqual(sorted(pairs(HOST01, pods(HOST02), "refused"), behind));
  });

  test("a partition is between two hosts and nobody else", () => {
    const three = planLab(readLab({ hosts: 3, podsPerHost: 1 }, "test"));
    const [one, other] = [
      ["host01", "host01/pod1"],
      ["host02", "host02/pod1"],
    ] as const;
    expect(echoes("partition host01 host02", three)).toEqual(
      sorted(pairs(one, other, "timeout"), pairs(other, one, "timeout")),
    );
  });

  test("without the router's NAT the internet can't answer anybody", () => {
    expect(echoes("nat-flush router")).toEqual(sorted(pairs([...HOST01, ...HOST02], ["internet"], "timeout")));
  });
});

describe("outages", () => {
  test("a stopped host: nobody can be asked there, and the router says that nobody answers", () => {
    const fault = aim(article, ["host-stop", "host02"]);
    expect(echoes("host-stop host02")).toEqual(sorted(pairs(HOST01, HOST02, "no-route")));
    const { expectations, leftOut } = expectedUnder(fault, article);
    expect(new Set(expectations.map(({ from }) => from))).toEqual(new Set(HOST01));
    expect(leftOut).toEqual([{ reason: "whose source nobody can ask", count: expectations.length }]);
  });

  test("what the user expects is about the lab without a fault, and comes back with its end", () => {
    const plan = planLab(
      readLab({ hosts: 1, expect: [{ from: "*", to: "internet", outcome: "ok", ttl: 62 }] }, "test"),
    );
    const users = (fault: string) =>
      expectedUnder(aim(plan, fault.split(" ")), plan).expectations.filter(({ origin }) => origin === "config");
    expect(users("nat-flush router")).toEqual([]);
    expect(users("container-restart host01/pod1")).toHaveLength(2);
    const { leftOut } = expectedUnder(aim(plan, ["nat-flush", "router"]), plan);
    expect(leftOut).toEqual([{ reason: "of expect, which is about the lab without the fault", count: 1 }]);
  });

  test("a killed pause: its pod is gone for everybody", () => {
    const others = [...HOST01, ...HOST02].filter((name) => name !== "host01/web");
    expect(echoes("pause-kill host01/web")).toEqual(sorted(pairs(others, ["host01/web"], "no-route")));
  });

  test("a killed pause where CNI wired the pod: the apps hold the namespace, and its eth0 stays", () => {
    const wired = planLab(readLab({ network: "cni", hosts: 2 }, "test"));
    expect(echoes("pause-kill host01/pod1", wired)).toEqual([]);
    expect(aim(wired, ["pause-kill", "host01/pod1"])).toMatchObject({ unasked: ["host01/pod1"] });
  });

  test.each(["container-restart host01/web:sidecar", "engine-kill host01", "loss router 30", "rate host01 1mbit"])(
    "%s changes no namespace",
    (text) => {
      expect(aim(article, text.split(" ")).effect(article)).toEqual(article);
    },
  );
});

test("a model side is pure: the healthy plan is as it was", () => {
  const before = JSON.stringify(article);
  for (const text of ["link-down host01", "bridge-down host01", "nat-flush host01", "mtu router 1300"]) {
    aim(article, text.split(" ")).effect(article);
  }
  expect(JSON.stringify(article)).toBe(before);
});

describe("services", () => {
  const web = { name: "web", ports: [{ port: 80, targetPort: 8080 }], selector: {} };
  const lab = planLab(readLab({ hosts: 2, podsPerHost: 1, services: [web] }, "test"));
  const changed = (fault: string) => changedBy(aim(lab, fault.split(" ")), lab);

  test("a container that is dead: its port is closed, and its share of a service's connections is refused", () => {
    const all = changed("container-kill host02/pod1:app");
    expect(all.find(({ now }) => now.id === "tcp host01 -> host02/pod1:8080")?.now.expected.outcome).toBe("refused");
    expect(all.find(({ now }) => now.kind === "spread")?.now.expected.spread).toEqual({
      "host01/pod1:app": 0.5,
      refused: 0.5,
    });
    expect(all.every(({ now }) => now.to !== "host02/pod1" || now.port === 8080)).toBe(true);
    const unread = expectedUnder(aim(lab, ["container-kill", "host02/pod1:app"]), lab).expectations;
    expect(unread.some(({ kind, to }) => kind === "fact" && to === "host02/pod1:app")).toBe(false);
  });

  test("frames that no rule sees: a pod that is its own endpoint hears itself through its host, whose TTL is one less", () => {
    const own = changed("bridge-netfilter-off host01").filter(({ from }) => from === "host01/pod1");
    expect(own.map(({ now }) => [now.id, resultsExpected(now).map(({ ttl }) => ttl)])).toEqual([
      ["tcp host01/pod1 -> svc/web:80", [63, 61]],
    ]);
  });
});
