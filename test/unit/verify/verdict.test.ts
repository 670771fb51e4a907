import { describe, expect, test } from "vitest";
import type { Expectation, Result } from "../../../infra/expect/check.ts";
import { OUTCOMES } from "../../../infra/spec/outcome.ts";
import type { ProbeResult } from "../../../lab-scripts/verify/prober.ts";
import { judge } from "../../../lab-scripts/verify/verdict.ts";
import { namesIn } from "../../../lab-scripts/verify/wording.ts";
import { articlePlan, expectation } from "./fixtures.ts";

const nameOf = namesIn(articlePlan());
const judged = (changes: Partial<Expectation>, observed: ProbeResult) => judge(expectation(changes), observed, nameOf);
const reasonOf = (changes: Partial<Expectation>, observed: ProbeResult) => judged(changes, observed).reason;
const seen: Result = { outcome: "ok", sourceSeen: "192.168.20.2", ttl: 61, identity: "host02/web:app" };

describe("pass", () => {
  test("everything that was expected was seen", () => {
    expect(judged({ expected: seen }, seen)).toEqual({ verdict: "pass", reason: "" });
  });

  test("what the expectation leaves out is not compared", () => {
    expect(judged({ expected: { outcome: "ok" } }, { ...seen, ttl: 3 }).verdict).toBe("pass");
  });

  test("an echo can't tell whom its target saw", () => {
    expect(judged({ kind: "icmp", expected: seen }, { outcome: "ok", ttl: 61 }).verdict).toBe("pass");
  });

  test("a node's name stands for any of its addresses", () => {
    const expected = { outcome: "no-route", icmpFrom: "router" } as const;
    const address = articlePlan().segments.at(-1)!.router;
    expect(judged({ expected }, { outcome: "no-route", icmpFrom: address, control: "0" }).verdict).toBe("pass");
  });
});

describe("an outcome that was not the expected one fails", () => {
  const others = OUTCOMES.filter((outcome) => outcome !== "probe-error");
  test.each(
    others.flatMap((expected) => others.filter((one) => one !== expected).map((one) => [expected, one] as const)),
  )("expected %s, saw %s", (expected, observed) => {
    const { verdict, reason } = judged({ expected: { outcome: expected } }, { outcome: observed, control: "0" });
    expect(verdict).toBe("fail");
    expect(reason).not.toBe("");
    expect(reason).not.toContain("\n");
  });
});

describe("a probe-error satisfies nothing", () => {
  test.each(OUTCOMES)("expected %s", (outcome) => {
    const observed = { outcome: "probe-error", detail: "no raw socket", control: "0" } as const;
    const { verdict, reason } = judged({ expected: { outcome } }, observed);
    expect(verdict).toBe("error");
    expect(reason).toContain("no raw socket");
  });
});

describe("an expected failure", () => {
  const silence = { expected: { outcome: "timeout" } } as const;

  test("passes when a control of the source was answered before", () => {
    expect(judged(silence, { outcome: "timeout", control: "3" }).verdict).toBe("pass");
  });

  test("fails without one", () => {
    expect(judged(silence, { outcome: "timeout" })).toEqual({
      verdict: "fail",
      reason: "timeout as expected, but it proves nothing: no control probe from host01/web was answered",
    });
  });
});

describe("reasons name what a learner should look at", () => {
  test("a masquerade", () => {
    expect(reasonOf({ expected: seen }, { ...seen, sourceSeen: "10.99.9.9" })).toBe(
      "host02/web answered, but it saw 10.99.9.9 instead of host01/web (192.168.20.2): something on the way masquerades",
    );
  });

  test("a masquerade that is missing", () => {
    const expected = { ...seen, sourceSeen: "203.0.113.1" };
    expect(reasonOf({ expected, to: "internet" }, { ...seen })).toContain("did not happen");
  });

  test("the wrong server", () => {
    expect(reasonOf({ expected: seen }, { ...seen, identity: "host01/web:app" })).toBe(
      "host01/web:app answered instead of host02/web:app: the address leads to another place",
    );
  });

  test("another path", () => {
    expect(reasonOf({ expected: seen }, { ...seen, ttl: 62 })).toBe(
      "the answer came with TTL 62 instead of 61: it crossed 2 routers, not 3",
    );
    const expected = { outcome: "ok", hops: ["192.168.20.1", "192.168.30.1"] } as const;
    expect(reasonOf({ kind: "path", expected }, { outcome: "ok", hops: ["192.168.20.1"] })).toBe(
      "the path was host01 (192.168.20.1) instead of host01 (192.168.20.1), host02 (192.168.30.1)",
    );
  });

  test("who had no route", () => {
    expect(reasonOf({}, { outcome: "no-route", icmpFrom: "192.168.20.1" })).toMatch(
      /^host01 \(192.168.20.1\) has no route/,
    );
    expect(reasonOf({}, { outcome: "no-route" })).toMatch(/^host01\/web itself has no route/);
  });

  test("a dead server is not a dead network", () => {
    expect(reasonOf({}, { outcome: "refused", ttl: 61 })).toBe(
      "the packet reached host02/web (192.168.30.2) TCP port 80, but nobody listens there",
    );
    expect(
      reasonOf({}, { outcome: "timeout", detail: "connected, but the server did not finish its answer" }),
    ).toContain("accepted the connection");
  });

  test("someone on the way who rejects", () => {
    expect(reasonOf({}, { outcome: "refused", icmpFrom: "192.168.30.1" })).toMatch(
      /^host02 \(192.168.30.1\) on the way/,
    );
  });

  test("an answer where there should be none", () => {
    expect(reasonOf({ expected: { outcome: "timeout" } }, { ...seen, identity: "host01/web:app" })).toBe(
      "host01/web:app (asked was host02/web) answered, where timeout was expected: nothing stops the packet",
    );
  });

  test("a size, a fact", () => {
    expect(reasonOf({ kind: "mtu", expected: { outcome: "ok", mtu: 1500 } }, { outcome: "ok", mtu: 1450 })).toContain(
      "1450",
    );
    expect(reasonOf({ kind: "fact", expected: { outcome: "ok", value: "a" } }, { outcome: "ok", value: "b" })).toBe(
      "it is b, not a",
    );
  });

  test("a field that was expected and not seen", () => {
    expect(judged({ expected: seen }, { outcome: "ok", ttl: 61, identity: "host02/web:app" }).verdict).toBe("fail");
    expect(judged({ expected: seen }, { outcome: "ok", ttl: 61 }).verdict).toBe("fail");
    expect(judged({ kind: "mtu", expected: { outcome: "ok", mtu: 1500 } }, { outcome: "ok" }).verdict).toBe("fail");
    expect(judged({ kind: "path", expected: { outcome: "ok", hops: [] } }, { outcome: "ok" }).verdict).toBe("fail");
  });
});
