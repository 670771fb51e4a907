import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { FORMATS } from "../../../lab-scripts/commands/graph.ts";
import { type Layout, layoutOf } from "../../../lab-scripts/graph/layout.ts";
import { topologyOf } from "../../../lab-scripts/graph/topology.ts";
import { ROOT } from "../../../lab-scripts/lab/project.ts";
import { stackLab } from "../../../lab-scripts/lab/stackSpec.ts";

const routed = stackLab("routed").plan;
const overlay = stackLab("overlay").plan;
const lab = (hosts: number, podsPerHost: number, more: object = {}): LabPlan =>
  planLab(readLab({ hosts, podsPerHost, ...more }, "drawn"));

describe("topology", () => {
  test("every pod is on the bridge of its host, every host on a segment with the router", () => {
    const { core, hosts, segments } = topologyOf(routed);
    expect(core.map(({ id }) => id)).toEqual(["internet", "router"]);
    expect(hosts.map(({ bridges }) => bridges.flatMap(({ pods }) => pods.map(({ id }) => id)))).toEqual([
      ["host01/web", "host01/db"],
      ["host02/web", "host02/db"],
    ]);
    expect(segments.map(({ name, ends }) => [name, ...ends.map(({ box }) => box)])).toEqual([
      ["internet-net", "internet", "router"],
      ["host01-net", "router", "host01"],
      ["host02-net", "router", "host02"],
    ]);
  });

  test("VXLAN interfaces of one id meet in one tunnel, above the segments", () => {
    const { tunnels, segments } = topologyOf(overlay);
    expect(tunnels).toEqual([
      {
        name: "VXLAN 1",
        udpPort: 4789,
        mtu: 1450,
        ends: [
          { box: "host01", port: "vxlan1" },
          { box: "host02", port: "vxlan1" },
        ],
      },
    ]);
    expect(segments.flatMap(({ ends }) => ends.map(({ port }) => port))).not.toContain("vxlan1");
  });
});

describe("layout", () => {
  const labs: [string, LabPlan][] = [
    ["routed", routed],
    ["overlay", overlay],
    ["one host", lab(1, 1)],
    ["no pods", lab(2, 0)],
    ["three hosts, pods in rows", lab(3, 9)],
    ["two families", lab(3, 2, { ipv6: true })],
    ["16 x 4", lab(16, 4)],
    ["16 x 4 overlay", lab(16, 4, { network: "overlay" })],
  ];

  test.each(labs)("%s: boxes keep apart, pods stay inside, links cross no box", async (_, plan) => {
    const layout = await layoutOf(topologyOf(plan));
    const areas = [...layout.boxes, ...layout.tunnels];
    expect(layout.boxes).toHaveLength(plan.nodes.length);
    expect(layout.boxes.flatMap(({ cards }) => cards)).toHaveLength(plan.pods.length);
    for (const [at, one] of areas.entries()) {
      expect(one.x >= 0 && one.y >= 0).toBe(true);
      expect(one.x + one.width <= layout.width && one.y + one.height <= layout.height).toBe(true);
      for (const other of areas.slice(at + 1)) expect(overlap(one, other)).toBe(false);
    }
    for (const { cards, bars, width, height } of layout.boxes) {
      for (const [at, card] of [...cards, ...bars].entries()) {
        expect(card.x >= 0 && card.x + card.width <= width && card.y + card.height <= height).toBe(true);
        for (const other of [...cards, ...bars].slice(at + 1)) expect(overlap(card, other)).toBe(false);
      }
    }
    expect(crossed(layout, areas)).toEqual([]);
  });

  test("each link has a line, and each VXLAN interface another", async () => {
    const wires = (await layoutOf(topologyOf(lab(16, 4, { network: "overlay" })))).wires;
    expect(wires.filter(({ tunnel }) => tunnel)).toHaveLength(16);
    expect(wires.filter(({ tunnel }) => !tunnel)).toHaveLength(17);
  });
});

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Pieces of links that run through a box; touching its border is their end. */
function crossed({ wires }: Layout, areas: readonly Area[]): string[] {
  return wires.flatMap(({ link, points }) =>
    points.slice(1).flatMap((point, at) => {
      const before = points[at]!;
      const piece = {
        x: Math.min(point.x, before.x) + 0.5,
        y: Math.min(point.y, before.y) + 0.5,
        width: Math.abs(point.x - before.x) - 1,
        height: Math.abs(point.y - before.y) - 1,
      };
      return areas.some((area) => overlap(area, piece)) ? [link] : [];
    }),
  );
}

describe("formats", () => {
  const named = ["host01", "host02", "router", "internet", "192.168.20.2", "192.168.30.1", "10.240.2.1", ":8080"];

  test.each(Object.entries(FORMATS))("%s names everything, the same each time", async (_, draw) => {
    const text = await draw(routed);
    for (const name of named) expect(text).toContain(name);
    expect(await draw(routed)).toBe(text);
  });

  test("addresses that two pods share are marked", async () => {
    const text = await FORMATS.svg(stackLab("docker0").plan);
    expect(text.match(/class="address twice"/g)).toHaveLength(4);
    expect(await FORMATS.svg(routed)).not.toContain('class="address twice"');
  });
});

test.each(["routed", "overlay", "docker0"])("docs/%s.svg is what `npm run graph` draws today", async (stack) => {
  const shown = readFileSync(join(ROOT, "docs", `${stack}.svg`), "utf8");
  const fix = `npm run graph -- ${stack} --out docs/${stack}.svg`;
  expect(shown === (await FORMATS.svg(stackLab(stack).plan)), fix).toBe(true);
});

test.each(["report-2x2", "report-16x4"])("docs/%s.webp is a small picture", (name) => {
  const picture = readFileSync(join(ROOT, "docs", `${name}.webp`));
  expect(picture.subarray(8, 12).toString()).toBe("WEBP");
  expect(picture.length).toBeLessThan(150_000);
});
