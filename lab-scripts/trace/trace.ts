/**
 * The trace of one packet: its path as captured, with the model's beside it. What `npm run walk -- … --json` prints;
 * docs/walk.schema.json is made of it (test/unit/structure/schemas.test.ts).
 */
import { z } from "zod";
import { OUTCOMES } from "../../infra/spec/outcome.ts";

export const WALK_SCHEMA = "podlab-walk/1";

const text = z.string();
const texts = z.array(text).readonly();
const port = z.int().min(0).max(65_535);
const outcome = z.enum(OUTCOMES).meta({ id: "outcome" });
const protocol = z.enum(["icmp", "tcp", "udp"]);
const netns = text.describe("A namespace: `host01`, `router`, `internet`, or `host01/web` for a pod.");

/** A packet's addresses and what it is, at one place. */
const ends = {
  protocol,
  message: z.enum(["echo-request", "echo-reply", "syn", "syn-ack", "rst", "data", "datagram", "error"]),
  source: text,
  destination: text,
  sourcePort: port.exactOptional(),
  destinationPort: port.exactOptional(),
  ttl: z.int().min(0).max(255).describe("IPv6: the hop limit."),
};

const error = z
  .strictObject({
    type: z.int().exactOptional(),
    code: z.int().exactOptional(),
    means: outcome,
    mtu: z.int().describe("What would have fitted.").exactOptional(),
  })
  .readonly()
  .describe("Of an ICMP error.");

const headerFields = {
  ...ends,
  size: z.int(),
  inside: z
    .strictObject({
      ...ends,
      vxlan: z.int().describe("The tunnel's network identifier (RFC 7348)."),
      error: error.exactOptional(),
    })
    .readonly()
    .describe("Of a tunnel's outer packet: the one inside.")
    .exactOptional(),
  error: error.exactOptional(),
};

const header = z.strictObject(headerFields).readonly().meta({ id: "header" });

const bridgePort = z.strictObject({ netns, bridge: text, port: text.describe("The kernel's name.") }).readonly();

const step = z
  .strictObject({
    ...headerFields,
    model: z
      .enum(["same", "altered", "extra", "unseen"])
      .describe("same: as modelled; altered: this place, another header; extra: only captured; unseen: only modelled."),
    node: text,
    netns,
    interface: text.describe("As the plan names it; the kernel's name of an Ethernet interface may differ."),
    direction: z.enum(["in", "out"]),
    at: text
      .regex(/^[0-9]+$/)
      .describe("Nanoseconds since 1970; absent when unseen.")
      .exactOptional(),
    ports: z
      .array(bridgePort)
      .readonly()
      .describe("Ports of bridges that saw it before this interface did.")
      .exactOptional(),
    did: texts.describe(
      "What the namespace did to it, by the model, where the capture agrees: routes, rules, encapsulation.",
    ),
    modelled: header.describe("Of an altered step: the model's header.").exactOptional(),
  })
  .readonly()
  .meta({ id: "step", description: "One interface that the packet passed, with the header it had there." });

const leg = z
  .strictObject({ kind: z.enum(["question", "answer", "error"]), steps: z.array(step).readonly() })
  .readonly();

const asked = z
  .strictObject({
    from: netns,
    to: text.describe("As the user wrote it: a name, or an address."),
    address: text,
    protocol,
    port: port.exactOptional(),
    size: z.int().describe("Bytes of the whole IP packet."),
    df: z.boolean().describe("Whether it must not be split."),
    mark: text.describe("By which it is known everywhere: in its payload; of TCP the first sequence number."),
  })
  .readonly()
  .describe("The packet that was sent.");

const why = z
  .strictObject({
    story: text.describe("Where it was last seen, or what was otherwise than modelled.").exactOptional(),
    cause: text.describe("With the node, route or rule that decided."),
    evidence: texts.describe("What the kernels said."),
  })
  .readonly()
  .describe("Why the packet ended on its path, or took another one than the model's.");

export const traceSchema = z
  .strictObject({
    schema: z.literal(WALK_SCHEMA),
    lab: text.min(1),
    startedAt: z.iso.datetime(),
    asked,
    question: leg,
    answer: leg.describe("The path back: of the answer, or of an ICMP error about the question."),
    outcome: outcome.describe("What the sender's socket got."),
    modelled: outcome.describe("What it gets by the model."),
    asModelled: z.boolean().describe("Same places in the same order, same headers at each, same outcome."),
    roundTripMs: z
      .number()
      .describe("From the first sighting of the question to the last one of what came back.")
      .exactOptional(),
    why: why.exactOptional(),
    blind: texts.describe("Namespaces that could not be captured in, and why: what passed there is not known."),
  })
  .readonly()
  .meta({
    title: "podlab packet walk",
    description:
      "One packet's path through a lab, as captured on every interface, beside the model's. Printed by `npm run walk -- … --json`; the last one is report/LAB/walk.json.",
  });

export type Trace = z.infer<typeof traceSchema>;
export type Legs = Pick<Trace, "question" | "answer">;
export type Asked = z.infer<typeof asked>;
export type Leg = z.infer<typeof leg>;
export type Step = z.infer<typeof step>;
export type Port = z.infer<typeof bridgePort>;
export type Header = z.infer<typeof header>;
export type Why = z.infer<typeof why>;
