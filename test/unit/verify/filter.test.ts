/** Which checks a filter chooses, and in which nodes they may start. */
import { describe, expect, test } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { type Filter, NothingToCheck, select } from "../../../lab-scripts/verify/filter.ts";

const check = (kind: Expectation["kind"], from: string, to: string, more: Partial<Expectation> = {}): Expectation => ({
  id: `${kind} ${from} -> ${to}`,
  kind,
  from,
  to,
  address: "192.0.2.1",
  expected: { outcome: "ok" },
  origin: "model",
  ...more,
});

const checks = [
  check("icmp", "host01/web", "host02/web"),
  check("tcp", "host01/web", "host02/web"),
  check("icmp", "host01", "internet"),
  check("icmp", "host02/web", "host01/web", { family: 6 }),
];

describe("chosen", () => {
  test.each<[Filter, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ from: "host01/web" }, [0, 1]],
    [{ from: "host01" }, [2]],
    [{ from: "host01*" }, [0, 1, 2]],
    [{ from: "*/web", kind: "icmp" }, [0, 3]],
    [{ to: "internet,host01/web" }, [2, 3]],
    [{ family: "4", kind: "icmp" }, [0, 2]],
  ])("%o", (filter, numbers) => {
    expect(select(checks, filter)).toEqual(numbers);
  });

  test("what no check has is said with what there is", () => {
    expect(() => select(checks, { from: "host03/*" })).toThrow(
      "--from host03/* matches no check; it may be one of host01/web, host01, host02/web, or hold a *",
    );
  });

  test("fields that let nothing through together", () => {
    expect(() => select(checks, { from: "host01", to: "host02/web" })).toThrow(NothingToCheck);
  });

  test("one of several patterns that nothing has", () => {
    expect(() => select(checks, { kind: "icmp,udp" })).toThrow(
      "--kind udp matches no check; it may be one of icmp, tcp",
    );
  });

  test("a dot is a dot", () => {
    expect(() => select(checks, { to: "inter.et" })).toThrow("--to inter.et matches no check");
  });
});
