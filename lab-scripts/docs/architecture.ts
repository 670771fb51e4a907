/**
 * Draws docs/architecture.svg: the folders of infra and lab-scripts as boxes, what they import as arrows. An arrow that a longer way
 * stands for is left out.   node lab-scripts/podlab.mjs script lab-scripts/docs/architecture.ts
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { ElkNode } from "elkjs/lib/elk-api.js";
import { layered } from "../graph/layout.ts";
import { sansWidth } from "../graph/measure.ts";
import { escaped } from "../xml.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = "docs/architecture.svg";
const IMPORT = /(?:from|import) "(\.[^"]+)"|import\("(\.[^"]+)"\)/g;
const FONT = 15;
const BOX_HEIGHT = 34;

/** The second level of folders: what lies deeper belongs to it. */
const folderOf = (file: string): string => file.split("/").slice(0, 2).join("/");
const isFolder = (name: string): boolean => !/\.(ts|mjs)$/.test(name);

/** Which folders each folder imports. */
function needs(): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  const files = execFileSync("git", ["ls-files", "infra", "lab-scripts"], { cwd: ROOT, encoding: "utf8" }).split("\n");
  for (const file of files.filter((name) => /\.(ts|mjs)$/.test(name))) {
    const from = folderOf(file);
    for (const [, one, other] of readFileSync(join(ROOT, file), "utf8").matchAll(IMPORT)) {
      const to = folderOf(normalize(join(dirname(file), one ?? other!)));
      if (from !== to && isFolder(from) && isFolder(to)) all.set(from, (all.get(from) ?? new Set()).add(to));
    }
  }
  return all;
}

/** Whether one folder reaches another by a detour. */
function byDetour(all: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const reach = (folder: string, first: boolean): boolean =>
    [...(all.get(folder) ?? [])].some((next) => {
      if (next === to) return !first;
      if (seen.has(next)) return false;
      seen.add(next);
      return reach(next, false);
    });
  return reach(from, true);
}

const all = needs();
const folders = [...new Set([...all.keys(), ...[...all.values()].flatMap((to) => [...to])])].sort();
const graph = await layered({
  id: "root",
  layoutOptions: { "elk.direction": "DOWN", "elk.layered.spacing.nodeNodeBetweenLayers": "48" },
  children: folders.map((id): ElkNode => ({ id, width: sansWidth(id, FONT) + 24, height: BOX_HEIGHT })),
  edges: [...all].flatMap(([from, to]) =>
    [...to]
      .filter((one) => !byDetour(all, from, one))
      .map((one) => ({ id: `${from} ${one}`, sources: [from], targets: [one] })),
  ),
});

const boxes = (graph.children ?? []).map(({ id, x = 0, y = 0, width = 0, height = 0 }) => {
  const kind = id.startsWith("infra/") ? "infra" : "scripts";
  const label = `<text x="${x + width / 2}" y="${y + height / 2 + FONT / 3}">${escaped(id)}</text>`;
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>${label}</g>`;
});
const arrows = (graph.edges ?? []).flatMap(({ sections = [] }) =>
  sections.map(({ startPoint, bendPoints = [], endPoint }) => {
    const points = [startPoint, ...bendPoints, endPoint].map(({ x, y }) => `${x},${y}`).join(" ");
    return `<polyline points="${points}" marker-end="url(#head)"/>`;
  }),
);
const STYLE = `text{font:${FONT}px system-ui,sans-serif;text-anchor:middle;fill:#17212c}rect{stroke:#8696a7}.infra rect{fill:#dfe9f5}.scripts rect{fill:#f3f0e4}
polyline{fill:none;stroke:#8696a7;stroke-width:1.2}.ground{fill:#fbfcfd;stroke:none}#head path{fill:#8696a7}`;
const HEAD = `<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>`;
const size = `width="${graph.width}" height="${graph.height}"`;
writeFileSync(
  join(ROOT, FILE),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${graph.width} ${graph.height}" ${size} role="img" aria-label="Folders and their imports">
<style>${STYLE}</style>${HEAD}<rect class="ground" ${size}/>
${[...arrows, ...boxes].join("\n")}
</svg>
`,
);
process.stdout.write(`${FILE}: ${folders.length} folders\n`);
