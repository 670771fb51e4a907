/** The record that a router keeps is read only as that of the lab that was asked for. */
import { expect, test } from "vitest";
import { RECORD_VERSION } from "../../../infra/plan/labRecord.ts";
import { planOf } from "../../../lab-scripts/lab/loadPlan.ts";
import { SPEC } from "../machine/labOnMachine.ts";

const record = (more: object = {}) => JSON.stringify({ version: RECORD_VERSION, lab: "lab", spec: SPEC, ...more });

test("the plan of the lab", () => {
  expect(planOf("lab", record()).lab).toBe("lab");
  expect(planOf("other", record({ spec: { ...SPEC, name: "other" } })).lab).toBe("other");
});

test.each([
  ["another lab's", record({ lab: "other" }), /router\) is that of lab "other"; npm start -- lab/],
  ["another lab's by its spec", record({ spec: { ...SPEC, name: "other" } }), /is that of lab "other"; npm start/],
  ["of a name with an escape sequence", record({ lab: "\u001b[31mother" }), /; npm start -- lab/],
  ["no lab's", record({ spec: { hosts: "x" } }), /is none that this version of podlab can read; npm start -- lab/],
  ["no JSON", "<html>", /is none that/],
  ["null", "null", /is none that/],
  ["another version's", record({ version: 1 }), /is none that this version of podlab can read; npm start -- lab/],
])("one that is %s is refused with the way out", (_, text, said) => {
  expect(() => planOf("lab", text)).toThrow(said);
  try {
    planOf("lab", text);
  } catch (error) {
    expect((error as Error).message).not.toContain("\u001b");
    expect(error).toMatchObject({ exitCode: 2 });
  }
});
