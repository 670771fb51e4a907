/** What was captured, beside the model's path: as modelled, lost, altered, elsewhere; and what is said of it. */
import { describe, expect, test } from "vitest";
import type { Sighting } from "../../../lab-scripts/diagnose/events.ts";
import { questionOf } from "../../../lab-scripts/trace/question.ts";
import { sequenceSvg } from "../../../lab-scripts/trace/sequence.ts";
import { traceIn } from "../../../lab-scripts/trace/take.ts";
import { traceText } from "../../../lab-scripts/trace/text.ts";
import { type Trace, traceSchema } from "../../../lab-scripts/trace/trace.ts";
import { namesIn } from "../../../lab-scripts/verify/wording.ts";
import { type Changes, plan, sceneOf, trialOf } from "../diagnose/scene.ts";

const question = questionOf(plan, "host01/web", "host02/web");

function trace(changes: Changes = {}, heard = true): Trace {
  const trial = trialOf();
  const shot = trial.shots[0]!;
  const scene = sceneOf(trial, {
    ...changes,
    events: (one) => {
      if (one.node === "host01" && heard) one.heard.push({ shot: shot.shot, outcome: "ok" });
      changes.events?.(one);
    },
  });
  return traceIn(scene, question, shot);
}

const text = (one: Trace, reply = false) => traceText(one, { reply, nameOf: namesIn(plan) }).split("\n");
const signs = ({ question: { steps } }: Trace) => steps.map(({ model }) => model);

test("the article's eight steps, with TTLs 64, 63, 62, 61, and the same back", () => {
  const one = trace();
  expect(one).toMatchObject({ asModelled: true, outcome: "ok", modelled: "ok", blind: [] });
  expect(one.question.steps.map((step) => `${step.netns} ${step.interface} ${step.direction} ${step.ttl}`)).toEqual([
    "host01/web eth0 out 64",
    "host01 cbr0 in 64",
    "host01 eth0 out 63",
    "router host01-net in 63",
    "router host02-net out 62",
    "host02 eth0 in 62",
    "host02 cbr0 out 61",
    "host02/web eth0 in 61",
  ]);
  expect(one.question.steps[4]!.did).toEqual(["forwarded by route 192.168.30.0/24 via 10.240.2.2 dev host02-net"]);
  expect(one.answer.steps).toHaveLength(8);
  expect(traceSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
});

test("as modelled, in words: one line a place, the answer's way when asked for", () => {
  const lines = text(trace());
  expect(lines[0]).toMatch(
    /^ICMP echo request from host01\/web to host02\/web \(192\.168\.30\.2\): 84 bytes, known by /,
  );
  expect(lines.filter((line) => line.includes(" = "))).toHaveLength(8);
  expect(lines.find((line) => line.startsWith("5"))).toBe(
    "5  =  router host02-net  out  192.168.20.2 > 192.168.30.2   62     84  forwarded by route 192.168.30.0/24 via 10.240.2.2 dev host02-net",
  );
  expect(lines.join("\n")).toMatch(/as the model says: host01\/web got its answer after 0\.0\d ms, with TTL 61/);
  expect(text(trace(), true).filter((line) => line.includes(" = "))).toHaveLength(16);
});

test("a narrow terminal gets the last column wrapped, and no line of the table is longer than it", () => {
  const lines = traceText(trace(), { columns: 100 }).split("\n").slice(1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("lost at the router: where it was last seen, what was to follow, and why", () => {
  const one = trace(
    {
      question: 4,
      answer: 0,
      kernel: (state) =>
        state.netns === "router"
          ? { ...state, routes: state.routes.filter(({ dst }) => dst !== "192.168.30.0/24") }
          : state,
    },
    false,
  );
  expect(one).toMatchObject({ asModelled: false, outcome: "timeout", modelled: "ok" });
  expect(signs(one)).toEqual([...new Array(4).fill("same"), ...new Array(4).fill("unseen")]);
  expect(one.answer.steps).toEqual([]); // of what never arrived no answer is missing
  expect(one.why?.story).toBe("left host01 eth0, arrived at router (host01-net), never left it");
  expect(one.why?.cause).toContain("router has no route to 192.168.30.0/24");
  expect(traceSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
  const said = text(one).join("\n");
  expect(said).toContain("NOT as the model says: step 5, router host02-net out, was not seen\nFOUND left host01 eth0");
  expect(said).toContain("host01/web heard nothing, where the model says ok");
});

test("another source than the model's: the place where it changes, and every place after it", () => {
  const late = ["host01 eth0", "router", "host02"];
  const one = trace({
    see: (sighting: Sighting) =>
      sighting.role === "question" && late.some((place) => `${sighting.netns} ${sighting.dev}`.startsWith(place))
        ? { ...sighting, source: "10.240.1.2" }
        : sighting,
  });
  expect(signs(one)).toEqual(["same", "same", ...new Array(6).fill("altered")]);
  expect(text(one).find((line) => line.startsWith("3"))).toContain("the model has source 192.168.20.2");
  expect(text(one).join("\n")).toContain(
    "NOT as the model says: step 3, host01 eth0 out, has 10.240.1.2 > 192.168.30.2 TTL 63 instead of 192.168.20.2 > 192.168.30.2 TTL 63",
  );
});

test("a place that the model lacks stands where it was seen", () => {
  let seen = 0;
  const one = trace({
    see: (sighting) => {
      seen += 1;
      return seen === 6 ? { ...sighting, netns: "internet" } : sighting;
    },
  });
  expect(signs(one)).toContain("extra");
  expect(signs(one)).toContain("unseen");
  expect(one.asModelled).toBe(false);
});

test("every step as modelled, but the socket hears nothing: that is a difference", () => {
  const one = trace({}, false);
  expect(one.asModelled).toBe(false);
  expect(text(one).join("\n")).toContain("every step was, but the outcome is timeout instead of ok");
});

test("sightings of one nanosecond stand in the model's order", () => {
  const one = trace({ see: (sighting) => ({ ...sighting, at: "1700000000000000000" }) });
  expect(signs(one)).toEqual(new Array(8).fill("same"));
});

test("what could not be captured is told", () => {
  const one = trace({
    events: (said) => {
      if (said.node === "host02") said.missing.push({ netns: "host02/db", why: "pause container db.pause is exited" });
    },
  });
  expect(one.asModelled).toBe(true);
  expect(text(one).join("\n")).toContain("not captured: host02/db: pause container db.pause is exited");
});

describe("drawn as a sequence", () => {
  const count = (svg: string, what: RegExp) => [...svg.matchAll(what)].length;

  test("a lifeline for each namespace, an arrow for each link, and as many back", () => {
    const svg = sequenceSvg(trace());
    expect(count(svg, /class="walk-life"/g)).toBe(5);
    expect(count(svg, /class="walk-tip"/g)).toBe(4);
    expect(count(sequenceSvg(trace(), { reply: true }), /class="walk-tip"/g)).toBe(8);
    expect(svg).toContain("as the model says: host01/web got its answer");
  });

  test("a lost packet: where it was seen last, why, and where it should have gone", () => {
    const kernel: Changes["kernel"] = (state) =>
      state.netns === "router"
        ? { ...state, routes: state.routes.filter(({ dst }) => dst !== "192.168.30.0/24") }
        : state;
    const svg = sequenceSvg(trace({ question: 4, answer: 0, kernel }, false));
    expect(count(svg, /walk-last/g)).toBe(3); // the style's two rules, and the note
    expect(svg).toContain("seen here last");
    expect(count(svg, /class="walk-unseen"><text/g)).toBe(2);
    expect(svg).toContain("router has no route to 192.168.30.0/24");
  });

  test("lost on a link: the arrow ends in a cross", () => {
    const svg = sequenceSvg(trace({ question: 3, answer: 0 }, false));
    expect(count(svg, /class="walk-cross"/g)).toBe(1);
  });

  test("is well-formed, whatever the names", () => {
    const one = trace();
    const asked = { ...one.asked, from: `a<b>&"c"` };
    const svg = sequenceSvg({ ...one, asked });
    expect(svg).toContain("a&lt;b&gt;&amp;&quot;c&quot;");
    const open = [...svg.replace(/<style>.*?<\/style>/s, "").matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)];
    const depth = open.reduce((deep, [, closes, , empty]) => deep + (closes ? -1 : empty ? 0 : 1), 0);
    expect(depth).toBe(0);
  });
});
