import { describe, expect, test } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { judge, spreadOf } from "../../../lab-scripts/verify/verdict.ts";

const THIRDS = { a: 1 / 3, b: 1 / 3, c: 1 / 3 };
const nameOf = () => undefined;

describe("600 connections", () => {
  test.each([
    ["as even as chance makes them", { a: 214, b: 201, c: 185 }],
    ["as uneven as chance may make them once in some thousand times", { a: 235, b: 200, c: 165 }],
  ])("%s hold", (_, counts) => {
    expect(spreadOf(THIRDS, counts).holds).toBe(true);
  });

  test.each([
    ["of a chain whose last two lots are alike by mistake", { a: 200, b: 133, c: 267 }],
    ["of which one endpoint gets none", { a: 300, b: 300 }],
    ["that somebody else answered", { a: 200, b: 200, c: 199, stranger: 1 }],
    ["of which none was answered", {}],
  ])("%s don't", (_, counts) => {
    expect(spreadOf(THIRDS, counts).holds).toBe(false);
  });

  test("an endpoint alone gets all of them", () => {
    expect(spreadOf({ a: 1 }, { a: 600 }).holds).toBe(true);
    expect(spreadOf({ a: 1 }, { a: 599, refused: 1 }).holds).toBe(false);
  });

  test("a sound lottery is hardly ever accused: ten thousand of them, drawn by a fixed generator", () => {
    let state = 1;
    const draw = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const accused = Array.from({ length: 10_000 }, () => {
      const counts = { a: 0, b: 0, c: 0 };
      for (let n = 0; n < 600; n += 1) counts[(["a", "b", "c"] as const)[Math.floor(draw() * 3)]!] += 1;
      return spreadOf(THIRDS, counts).holds;
    }).filter((holds) => !holds);
    expect(accused).toEqual([]);
  });
});

describe("the verdict", () => {
  const ends = { from: "host01/web", to: "svc/web", address: "10.96.0.1", port: 80, origin: "model" } as const;
  const spread: Expectation = { id: "spread", kind: "spread", ...ends, expected: { outcome: "ok", spread: THIRDS } };
  const one = (name: string, ttl: number) =>
    ({ outcome: "ok", identity: name, sourceSeen: "192.168.20.2", ttl }) as const;
  const either: Expectation = { id: "tcp", kind: "tcp", ...ends, expected: one("a", 64), or: [one("b", 61)] };

  test("tells who got how many, and how many were due", () => {
    expect(judge(spread, { outcome: "ok", spread: { a: 400, b: 200 } }, nameOf)).toEqual({
      verdict: "fail",
      reason:
        "of 600 connections to svc/web a got 400 (200 were due), b got 200 (200 were due), c got 0 (200 were due): chi-squared 400.0, at most 30.3 is chance",
    });
  });

  test("any endpoint will do, but each only as it is expected", () => {
    expect(judge(either, one("b", 61), nameOf).verdict).toBe("pass");
    expect(judge(either, one("b", 64), nameOf)).toMatchObject({
      verdict: "fail",
      reason: expect.stringContaining("TTL 64 instead of 61"),
    });
    expect(judge(either, one("c", 64), nameOf)).toMatchObject({
      verdict: "fail",
      reason: expect.stringContaining("c answered instead of a"),
    });
  });

  test("a refusal that chance may bring is no failure, if the source is heard at all", () => {
    const dead: Expectation = { ...either, or: [{ outcome: "refused", ttl: 61 }] };
    expect(judge(dead, { outcome: "refused", ttl: 61, control: "icmp" }, nameOf).verdict).toBe("pass");
    expect(judge(dead, { outcome: "refused", ttl: 61 }, nameOf).verdict).toBe("fail");
    expect(judge(dead, one("a", 64), nameOf).verdict).toBe("pass");
    expect(judge(dead, { outcome: "timeout", control: "icmp" }, nameOf).verdict).toBe("fail");
  });
});
