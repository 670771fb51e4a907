/** Two damages at once, drawn by a seed. */
import { generator } from "../random.ts";
import { DAMAGE, type Damage } from "./damage.ts";

/** Where a damage is done: `router`, or `host01/web` for a pod's. */
function placeOf({ by: [command = "", ..._] }: Damage): string {
  const [node] = /host\d\d|router|internet/.exec(command)!;
  const pod = /^host\d\d: /.test(command) && /\b(web|db)\.(?:pause|app|sidecar)/.exec(command)?.[1];
  return pod ? `${node}/${pod}` : node;
}

/** The container of a pod that a damage is done to: what is done to it last is what is seen of it. */
const containerOf = ({ by: [command = ""] }: Damage): string | undefined =>
  /^host\d\d: docker .*\b(?:web|db)\.(?:pause|app|sidecar)/.test(command)
    ? /host\d\d/.exec(command)![0] + /\b(?:web|db)\.(?:pause|app|sidecar)/.exec(command)![0]
    : undefined;

/** What is done in a node comes first, then what makes its engine silent, then what makes the node silent. */
function rank({ by }: Damage): number {
  if (by.some((command) => !/^(host\d\d|router|internet): /.test(command))) return 2;
  return by.some((command) => command.includes("-STOP")) ? 1 : 0;
}

const STRENGTH = ["update", "replace", "create"];

/** Pure. Returns both as one: what is seen of either, unless the other hides it, and what either may touch. */
export function together(one: Damage, other: Damage): Damage {
  const [first, second] = [one, other].sort((a, b) => rank(a) - rank(b)) as [Damage, Damage];
  const operations = new Map<string, string>();
  for (const [resource, operation] of [...first.seen, ...second.seen].map(
    (seen) => seen.split(": ") as [string, string],
  )) {
    const known = operations.get(resource);
    if (!known || STRENGTH.indexOf(operation) > STRENGTH.indexOf(known)) operations.set(resource, operation);
  }
  const hidden = (damage: Damage, by: Damage) =>
    by.hides !== undefined && `${placeOf(damage)}/`.startsWith(by.hides && `${by.hides}/`);
  const told = [
    hidden(first, second) || (containerOf(first) && containerOf(first) === containerOf(second))
      ? []
      : (first.told ?? []),
    hidden(second, first) ? [] : (second.told ?? []),
  ].flat();
  return {
    name: `${first.name} + ${second.name}`,
    by: [...first.by, ...second.by],
    seen: [...operations].map(([resource, operation]) => `${resource}: ${operation}`),
    told,
    touched: [...(first.touched ?? []), ...(second.touched ?? [])],
  };
}

/** Draws pairs without end; those of the same seed are the same. */
export function* pairs(seed: number): Generator<Damage> {
  // The node image takes a minute to build, and what is not proved again says nothing of the other one.
  const all = DAMAGE.filter(({ unproved }) => !unproved);
  const random = generator(seed);
  const draw = () => all[Math.floor(random() * all.length)]!;
  for (;;) {
    const [one, other] = [draw(), draw()];
    if (one !== other) yield together(one, other);
  }
}
