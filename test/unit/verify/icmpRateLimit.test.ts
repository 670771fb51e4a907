import { expect, test } from "vitest";
import type { Expectation } from "../../../infra/expect/check.ts";
import { withSharedErrors } from "../../../lab-scripts/verify/icmpRateLimit.ts";
import type { ProbeResult } from "../../../lab-scripts/verify/prober.ts";
import { expectation } from "./fixtures.ts";

const told: ProbeResult = { outcome: "no-route", icmpFrom: "10.0.0.1", ttl: 63 };

function heard(second: Partial<Expectation>, result: ProbeResult, first: ProbeResult = told): ProbeResult {
  const expectations = [expectation({ kind: "icmp" }), expectation(second)];
  return withSharedErrors(
    expectations,
    new Map([
      [0, first],
      [1, result],
    ]),
  ).get(1)!;
}

test("silence where an answer was expected becomes the no-route that a router told of the same address to the same source", () => {
  expect(heard({}, { outcome: "timeout", control: "7" })).toEqual({
    ...told,
    control: "7",
    detail: "silence; of another probe to this address 10.0.0.1 said no-route",
  });
});

test.each<[string, Partial<Expectation>, ProbeResult, ProbeResult?]>([
  ["another address", { address: "192.168.30.3" }, { outcome: "timeout" }],
  ["another source", { from: "host01/db" }, { outcome: "timeout" }],
  ["an answer", {}, { outcome: "ok" }],
  ["a server that is silent", {}, { outcome: "timeout", detail: "connected, but the server did not finish" }],
  ["a silence that was expected", { expected: { outcome: "timeout" } }, { outcome: "timeout" }],
  [
    "where no-route was expected: a filter may have dropped it",
    { expected: { outcome: "no-route", icmpFrom: "10.0.0.1" } },
    { outcome: "timeout" },
  ],
  ["the sender's own word", {}, { outcome: "timeout" }, { outcome: "no-route" }],
])("but not for %s", (_, second, result, first) => {
  expect(heard(second, result, first)).toEqual(result);
});
