/** What report.json holds; docs/report.schema.json is made of it (test/unit/structure/schemas.test.ts). */
import { z } from "zod";
import { OUTCOMES } from "../../infra/spec/outcome.ts";
import { SCHEMA } from "./report.ts";

const text = z.string();
const texts = z.array(text).readonly();
const milliseconds = z.number().min(0);
const count = z.int().min(0);

const sight = {
  outcome: z.enum(OUTCOMES).meta({ id: "outcome" }),
  sourceSeen: text.describe("The client's address as the target saw it.").exactOptional(),
  ttl: z.int().min(0).max(255).describe("TTL of the answer on arrival.").exactOptional(),
  identity: text.describe("Who answered, by its own word.").exactOptional(),
  icmpFrom: text.describe("Who sent the ICMP error behind the outcome.").exactOptional(),
  hops: texts.describe("Routers passed; * for a silent one.").exactOptional(),
  mtu: z.int().min(68).exactOptional(),
  spread: z
    .record(text, z.number().min(0))
    .readonly()
    .describe("Who answered how many connections; of what is expected the share of each.")
    .exactOptional(),
  value: text.describe("Of a fact.").exactOptional(),
};
const expected = z.strictObject(sight).readonly().meta({ id: "expected" });

const check = z
  .strictObject({
    id: text.min(1),
    kind: z.enum(["icmp", "tcp", "tcp-closed", "udp", "udp-closed", "path", "mtu", "spread", "fact"]),
    origin: z.enum(["model", "config", "article"]),
    from: text,
    to: text,
    address: text,
    family: z.literal(6).describe("Present where the address is IPv6.").exactOptional(),
    port: z.int().min(1).max(65_535).exactOptional(),
    expected,
    or: z
      .array(expected)
      .min(1)
      .readonly()
      .describe("Where chance decides (a service's endpoints): what would have been right as well.")
      .exactOptional(),
    observed: z
      .strictObject({
        ...sight,
        detail: text.exactOptional(),
        rttMs: milliseconds.exactOptional(),
        asked: z
          .int()
          .min(2)
          .describe("How many times the question was sent, where the first did not do: packets get lost.")
          .exactOptional(),
      })
      .readonly(),
    verdict: z.enum(["pass", "fail", "error"]),
    reason: text.describe("One line; empty for a pass."),
  })
  .readonly();

const finding = z
  .strictObject({
    cause: text.min(1).describe("One line: where the packet was last seen, and why it ended there."),
    node: text.describe("The node to look at, or: the machine."),
    place: text.describe("Where in it: a pod, an interface."),
    evidence: texts.describe("What the kernels said: a route, a rule with its counter, a neighbour's state."),
    checks: texts.describe("Ids of the checks that share it."),
  })
  .readonly();

const summary = z
  .strictObject({
    total: count,
    passed: count,
    failed: count,
    errors: count.describe("Checks whose probe could not run: they prove nothing."),
    askedAgain: count
      .describe("Of those that passed: answered only when the question was sent again. Absent when none.")
      .exactOptional(),
  })
  .readonly();

const provisioningStep = z
  .strictObject({ name: text, durationMs: milliseconds, error: text.describe("Why it failed.").exactOptional() })
  .readonly();

const provisioning = z
  .strictObject({ durationMs: milliseconds, steps: z.array(provisioningStep).readonly() })
  .readonly()
  .describe("How the lab was made, apart from what it was then seen to do.");

const leftOut = z.strictObject({ reason: text, count }).readonly();

export const reportSchema = z
  .strictObject({
    schema: z.literal(SCHEMA),
    lab: text.min(1),
    startedAt: z.iso.datetime(),
    durationMs: milliseconds,
    silenceMs: milliseconds.describe("How long a silence had to hold to count as one."),
    summary,
    provisioning: provisioning.exactOptional(),
    convergedAfterMs: milliseconds
      .describe("Present when checks failed at first and passed once the lab had settled.")
      .exactOptional(),
    troubles: z
      .array(z.strictObject({ node: text, kind: z.enum(["absent", "down", "broken"]), reason: text.min(1) }).readonly())
      .readonly()
      .describe("Nodes that could not be asked, or not to the end."),
    findings: z
      .array(finding)
      .readonly()
      .describe(
        "The few causes behind the failed checks, those behind most first; empty when nothing was looked into.",
      ),
    leftOut: z.array(leftOut).readonly().describe("Expectations that were not probed, and why."),
    checks: z.array(check).readonly(),
  })
  .readonly()
  .meta({
    title: "podlab verification report",
    description:
      "What was expected of a lab, what was seen of it, and the verdict on each check. report.json of every verification.",
  });

export type Report = z.infer<typeof reportSchema>;
export type ReportedCheck = z.infer<typeof check>;
export type Summary = z.infer<typeof summary>;
export type LeftOut = z.infer<typeof leftOut>;
export type Provisioning = z.infer<typeof provisioning>;
export type ProvisioningStep = z.infer<typeof provisioningStep>;
