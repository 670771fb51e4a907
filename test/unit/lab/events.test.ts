/** Pulumi's events as what a person, or a report, wants to know. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { Events, type Step } from "../../../lab-scripts/lab/events.ts";
import { NOT_AS_PLANNED } from "../../../lab-scripts/lab/notBuilt.ts";

const urn = (type: string, name: string) => `urn:pulumi:routed::podlab::${type}::${name}`;

function run(...events: object[]) {
  const steps: Omit<Step, "durationMs">[] = [];
  const warnings: string[] = [];
  const heard = new Events({
    step: ({ name, what }) => void steps.push({ name, what }),
    warning: (name, message) => void warnings.push(`${name}: ${message}`),
  });
  for (const event of events) heard.hear(event as EngineEvent);
  return { steps, warnings, heard };
}

const metadata = (op: OpType, type: string, name: string) => ({ op, type, urn: urn(type, name) });
const done = (op: OpType, type: string, name: string) => ({ resOutputsEvent: { metadata: metadata(op, type, name) } });
const COMMAND = "command:local:Command";

test("what was made, changed, replaced and removed; not components, nor what is the same", () => {
  const { steps, heard } = run(
    { resourcePreEvent: { metadata: metadata("create", COMMAND, "host01-state") } },
    done("create", COMMAND, "host01-state"),
    done("update", COMMAND, "router-state"),
    done("create-replacement", "docker:index/container:Container", "host02"),
    done("delete", "docker:index/container:Container", "host03"),
    done("same", COMMAND, "host04-state"),
    done("refresh", COMMAND, "host04-state"),
    done("create", "podlab:lab:Host", "host01"),
    done("update", COMMAND, "verification"),
  );
  expect(steps).toEqual([
    { name: "host01-state", what: "created" },
    { name: "router-state", what: "updated" },
    { name: "host02", what: "replaced" },
    { name: "host03", what: "deleted" },
    { name: "verification", what: "updated" },
  ]);
  // The verification is no part of how the lab was made.
  expect(heard.provisioning().steps.map(({ name }) => name)).toEqual([
    "host01-state",
    "router-state",
    "host02",
    "host03",
  ]);
});

test("why something failed is in its step and in the errors, once; warnings are passed on", () => {
  const says = (severity: string, message: string, of = urn(COMMAND, "host01-state")) => ({
    diagnosticEvent: { severity, message, urn: of },
  });
  const stack = urn("pulumi:pulumi:Stack", "podlab-routed");
  const { steps, warnings, heard } = run(
    says("warning", "drifted: host01: route default: wanted a, found b\n"),
    says("error", "exit status 1: no route\n"),
    says("error", "exit status 1: no route\n"),
    says("error", "hosts[0] is wrong", stack),
    says("error", "update failed", stack),
    { diagnosticEvent: { severity: "info", message: "a line", ephemeral: true } },
    { resOpFailedEvent: { metadata: metadata("create", COMMAND, "host01-state") } },
  );
  expect(warnings).toEqual(["host01-state: drifted: host01: route default: wanted a, found b"]);
  expect(steps).toEqual([{ name: "host01-state", what: "failed" }]);
  expect(heard.provisioning().steps).toMatchObject([{ name: "host01-state", error: "exit status 1: no route" }]);
  expect(heard.errors()).toBe("host01-state: exit status 1: no route\nhosts[0] is wrong");
});

test("what the verification tells at once is passed on at once, its report and its verdict are not", () => {
  const says = (message: string) => ({
    diagnosticEvent: { severity: "info", message, ephemeral: true, urn: urn(COMMAND, "verification") },
  });
  const { warnings } = run(
    says("podlab: this machine drops the lab's frames"),
    says("84 checks: 60 passed, 24 failed in 3.89 s"),
    says(`podlab: ${NOT_AS_PLANNED}`),
  );
  expect(warnings).toEqual(["verification: this machine drops the lab's frames"]);
});

test("of a Command that failed its script is left out where there is more to say", () => {
  const fails = (message: string) => ({
    diagnosticEvent: { severity: "error", message, urn: urn(COMMAND, "host01-state") },
  });
  const script = String.raw`exit status 1: running "set -eu\nnode=\"$NODE\"\n":`;
  expect(run(fails(`${script}\nno room\n`)).heard.errors()).toBe("host01-state: no room");
  expect(run(fails(`${script}\n`)).heard.errors()).toBe(`host01-state: ${script}`);
});
