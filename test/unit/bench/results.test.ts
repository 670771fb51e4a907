import { describe, expect, test } from "vitest";
import { topology } from "../../../bench/peers.ts";
import { plot } from "../../../bench/plot.ts";
import { type Pair, type Results, rowOf, slower, tables, withResults } from "../../../bench/results.ts";
import { sizeOf } from "../../../bench/stopwatch.ts";

const pair = (up: number, script: number): Pair => ({
  podlab: {
    up,
    upCpu: 10,
    phases: { begun: 2, segments: 4, nodes: 3, states: 5, verified: 6 },
    again: 2,
    check: 1,
    checks: 236,
    matrix: 2,
    addPod: 3,
    down: 2,
    hostMiB: 80,
  },
  script: { up: script, upCpu: 8, down: 1 },
});
const results = (...ups: [podlab: number, script: number][]): Results => ({
  version: 1,
  date: "2026-11-23",
  machine: "2 cores",
  command: "npm run bench",
  runs: ups.length,
  rows: [
    rowOf(
      "2x1",
      ups.map(([podlab, script]) => pair(podlab, script)),
    ),
  ],
});

describe("a bench's results", () => {
  test("are medians, and the median of each pair's own ratio", () => {
    const [row] = results([6, 4], [12, 10], [9, 3]).rows;
    expect(row).toMatchObject({ podlab: { up: 9 }, script: { up: 4 }, ratios: { up: 1.5, down: 2 } });
    expect(row!.podlab.phases.verified).toBe(6);
  });

  test("are told in two tables, a row a size", () => {
    const text = tables(results([6, 4]));
    expect(text).toContain("| 2x1 | 4 | 6 | 1.5 |");
    expect(text).toContain("| 2x1 | 2 | 4 | 3 | 5 | 6 |");
  });

  test("have containerlab's beside them where it was measured, in the table and in the picture", () => {
    const peer = { containerlab: { up: 3, upCpu: 5, down: 1.5 } };
    const measured = { ...results([6, 4]), rows: [rowOf("2x1", [{ ...pair(6, 4), ...peer }])] };
    expect(tables(measured)).toMatch(/^\| lab .* \| MiB a host \| containerlab up \| down \| CPU \|\n/);
    expect(tables(measured)).toContain("| 80 | 3 | 1.5 | 5 |");
    expect(plot(measured)).toContain("containerlab: plain containers");
    expect(tables(results([6, 4]))).not.toContain("containerlab");
    expect(plot(results([6, 4]))).not.toContain("containerlab");
  });

  test("take the place of the last ones in the README", () => {
    const readme = "a\n<!-- results -->\nold\n<!-- /results -->\nb\n";
    const text = withResults(readme, results([6, 4]));
    expect(text).toMatch(/^a\n<!-- results -->\n`npm run bench`, 2026-11-23; 2 cores/);
    expect(text).not.toContain("old");
    expect(text).toMatch(/\n<!-- \/results -->\nb\n$/);
  });

  test("are slower by ratios only, and by more than chance", () => {
    expect(slower(results([60, 40]), results([6, 4]))).toEqual([]);
    expect(slower(results([7, 4]), results([6, 4]))).toEqual([]);
    expect(slower(results([9, 4]), results([6, 4]))).toEqual(["2x1 up: 2.25 times the script, committed 1.5"]);
  });

  test("are drawn within the picture", () => {
    const heights = [...plot(results([6, 4])).matchAll(/cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights).toHaveLength(2);
    for (const y of heights) expect(y).toBeGreaterThan(40);
  });

  test("of containerlab are of a container for each node and each pod", () => {
    const { nodes, links } = topology({ hosts: 2, pods: 2 }, "image").topology;
    expect(Object.keys(nodes)).toEqual([
      "router",
      "internet",
      "host1",
      "host1-pod1",
      "host1-pod2",
      "host2",
      "host2-pod1",
      "host2-pod2",
    ]);
    const ends = links.flatMap(({ endpoints }) => endpoints);
    expect(new Set(ends).size).toBe(ends.length);
  });

  test("are of sizes that are written as hosts x pods", () => {
    expect(sizeOf("16x4")).toEqual({ hosts: 16, pods: 4 });
    expect(() => sizeOf("16")).toThrow("hosts x pods");
  });
});
