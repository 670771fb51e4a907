/** Takes out of an imported lab what podlab refuses, by the problems that it tells itself. */
import type { Problem } from "../../infra/spec/problem.ts";
import type { LabSpec } from "../../infra/spec/spec.ts";
import type { Notes } from "./notes.ts";

/** What may be left out, the least first. A policy goes as a whole: without one of its rules it would mean something else. */
const PARTS: readonly { readonly place: RegExp; readonly instead?: string }[] = [
  { place: /^hosts\[\d+\]\.podSubnet/, instead: "another is chosen" },
  { place: /^hosts\[\d+\]\.pods\[\d+\]\.address/, instead: "another is chosen" },
  { place: /^serviceCidr/, instead: "another is chosen" },
  { place: /^services\[\d+\]\.clusterIP/, instead: "another is chosen" },
  { place: /^services\[\d+\]\.ports\[\d+\]\.nodePort/ },
  { place: /^services\[\d+\]\.endpoints\[\d+\]/ },
  { place: /^services\[\d+\]/ },
  { place: /^policies\[\d+\]/ },
  { place: /^hosts\[\d+\]\.pods\[\d+\]/ },
  { place: /^namespaces\.[a-z0-9-]+/ },
];

type Place = Record<string, unknown>;

/**
 * Takes out what the problems are about, and says so.
 * @param items how notes call the parts of the lab
 * @returns false where none of the problems can be mended
 */
export function mend(
  spec: LabSpec,
  problems: readonly Problem[],
  items: ReadonlyMap<unknown, string>,
  notes: Notes,
): boolean {
  const out = new Map<Place, Set<string>>();
  for (const { path, message } of problems) {
    const part = PARTS.find(({ place }) => place.test(path));
    if (part === undefined) continue;
    const keys = part.place
      .exec(path)![0]
      .split(/[[\].]+/)
      .filter(Boolean);
    let parent = spec as unknown as Place;
    let item = items.get(parent);
    for (const key of keys.slice(0, -1)) {
      parent = parent[key] as Place;
      item = items.get(parent) ?? item;
    }
    const last = keys.at(-1)!;
    const whole = items.get(parent[last]);
    const rule = `${path.slice(path.lastIndexOf(".") + 1)} ${message.split("; ")[0]}`;
    if (whole !== undefined) notes.leftOut(whole, rule);
    else notes.changed(item ?? keys[0]!, `${rule}; ${part.instead ?? `${last.replace(/^\d+$/, "it")} is left out`}`);
    out.set(parent, (out.get(parent) ?? new Set()).add(last));
  }
  for (const [parent, keys] of out) {
    if (Array.isArray(parent)) parent.splice(0, parent.length, ...parent.filter((_, at) => !keys.has(String(at))));
    else for (const key of keys) delete parent[key];
  }
  return out.size > 0;
}
