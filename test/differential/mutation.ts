/**
 * What may be done to a namespace. A recipe holds numbers only, which choose among what a lab has: so it fits every lab,
 * and a failing one can be tried on ever smaller labs. What it means in one lab is an Edit.
 */
import fc from "fast-check";
import type { FilterRule, Match, NatRule, Netns, Route } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { Subnet } from "../../infra/spec/address.ts";
import type { Edit } from "./edit.ts";
import { bare, free, Surroundings } from "./surroundings.ts";

/** Chooses from a list by the remainder; small numbers stand for what comes first in it. */
const number = fc.nat({ max: 999 });

/** Mostly not: a rule that looks at everything matches nothing. */
const seldom = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: number });

const matchRecipe = fc.record({
  source: seldom,
  destination: seldom,
  negated: fc.constantFrom(false, false, false, true),
  protocol: fc.constantFrom(undefined, undefined, undefined, "icmp", "tcp", "udp") as fc.Arbitrary<Match["protocol"]>,
  port: fc.constantFrom(undefined, undefined, 8080, 9090, 1, 80),
  in: seldom,
  out: seldom,
});
type MatchRecipe = typeof matchRecipe extends fc.Arbitrary<infer T> ? T : never;

const recipes = {
  "remove-route": fc.record({ at: number, which: number }),
  route: fc.record({
    at: number,
    destination: number,
    hop: number,
    type: fc.constantFrom(undefined, undefined, undefined, "blackhole", "unreachable", "prohibit") as fc.Arbitrary<
      Route["type"]
    >,
  }),
  forwarding: fc.record({ at: number }),
  "bridge-netfilter": fc.record({ at: number }),
  filter: fc.record({
    at: number,
    chain: fc.constantFrom("FORWARD", "INPUT", "OUTPUT") as fc.Arbitrary<FilterRule["chain"]>,
    match: matchRecipe,
    action: fc.constantFrom("drop", "reject", "drop", "reject", "accept") as fc.Arbitrary<FilterRule["action"]>,
    established: fc.constantFrom(false, false, false, true),
  }),
  stateful: fc.record({
    at: number,
    match: matchRecipe,
    action: fc.constantFrom("drop", "reject") as fc.Arbitrary<"drop">,
  }),
  masquerade: fc.record({ at: number, match: matchRecipe, last: fc.boolean() }),
  snat: fc.record({ at: number, match: matchRecipe, to: number, own: fc.boolean() }),
  dnat: fc.record({
    at: number,
    chain: fc.constantFrom("PREROUTING", "OUTPUT") as fc.Arbitrary<"PREROUTING" | "OUTPUT">,
    match: matchRecipe,
    to: number,
    port: fc.constantFrom(0, 8080, 1),
  }),
  "flush-nat": fc.record({ at: number }),
  mtu: fc.record({ at: number, which: number, mtu: fc.constantFrom(1400, 1280, 1000, 600) }),
  address: fc.record({ at: number, which: number, what: number }),
  close: fc.record({ at: number, which: number }),
  listen: fc.record({
    at: number,
    protocol: fc.constantFrom("udp", "tcp") as fc.Arbitrary<"udp" | "tcp">,
    port: fc.constantFrom(53, 8081),
  }),
  peer: fc.record({ at: number, which: number, vtep: number }),
  "remove-peer": fc.record({ at: number, which: number }),
} as const;

type Kind = keyof typeof recipes;
type RecipeOf<K extends Kind> = (typeof recipes)[K] extends fc.Arbitrary<infer T> ? T : never;
export type Recipe = { [K in Kind]: { readonly kind: K; readonly of: RecipeOf<K> } }[Kind];

const WEIGHTS: Partial<Record<Kind, number>> = {
  route: 4,
  filter: 4,
  dnat: 2,
  snat: 2,
  masquerade: 2,
  peer: 2,
  stateful: 2,
  "bridge-netfilter": 2,
};

export const mutation: fc.Arbitrary<Recipe> = fc.oneof(
  ...(Object.keys(recipes) as Kind[]).map((kind) => ({
    weight: WEIGHTS[kind] ?? 1,
    arbitrary: (recipes[kind] as fc.Arbitrary<unknown>).map((of) => ({ kind, of }) as Recipe),
  })),
);

/** What the recipe means in this lab, whose namespaces are as `now` says; nothing when it means nothing there. */
export function resolve(recipe: Recipe, plan: LabPlan, now: readonly Netns[]): Edit[] {
  const lab = new Surroundings(plan, now);
  switch (recipe.kind) {
    case "remove-route": {
      const place = pick(
        lab.places.filter(({ routes }) => routes.length > 0),
        recipe.of.at,
      );
      const route = place && pick(place.routes, recipe.of.which);
      return place && route ? [{ at: place.id, do: "remove-route", destination: route.destination }] : [];
    }
    case "route":
      return routeEdit(recipe.of, lab);
    case "forwarding":
      return edit(lab, recipe.of.at, { do: "forwarding", on: false });
    case "bridge-netfilter": {
      const place = pick(
        lab.places.filter(({ role }) => role === "host"),
        recipe.of.at,
      );
      return place ? [{ at: place.id, do: "bridge-netfilter", on: true }] : [];
    }
    case "filter": {
      const { at, chain, action, established } = recipe.of;
      const place = pick(lab.places, at)!;
      const match = matchOf(recipe.of.match, chain, place, lab);
      return edit(lab, at, { do: "filter", rule: { chain, match, action, ...(established ? { established } : {}) } });
    }
    case "stateful": {
      const { at, action } = recipe.of;
      const match = matchOf(recipe.of.match, "FORWARD", pick(lab.places, at)!, lab);
      return [
        ...edit(lab, at, { do: "filter", rule: { chain: "FORWARD", match: {}, action: "accept", established: true } }),
        ...edit(lab, at, { do: "filter", rule: { chain: "FORWARD", match, action } }),
      ];
    }
    case "masquerade":
      return natEdit(lab, recipe.of.at, "POSTROUTING", recipe.of.match, { kind: "masquerade" }, recipe.of.last);
    case "snat": {
      const { at, match, to, own } = recipe.of;
      const mine = pick(lab.places, at)!.interfaces.flatMap(({ addresses }) => addresses.map(bare));
      const address = pick(own ? mine : lab.addresses, to)!;
      return natEdit(lab, at, "POSTROUTING", match, { kind: "snat", to: address });
    }
    case "dnat": {
      const { at, chain, match, to, port } = recipe.of;
      // iptables takes a port only with a protocol that has ports.
      const ported = match.protocol === "tcp" || match.protocol === "udp";
      const endpoint = { address: pick(lab.addresses, to)!, port: ported ? port : 0 };
      return natEdit(lab, at, chain, match, { kind: "dnat", to: [endpoint] });
    }
    case "flush-nat": {
      const place = pick(
        lab.places.filter(({ nat }) => nat.length > 0),
        recipe.of.at,
      );
      return place ? [{ at: place.id, do: "flush-nat" }] : [];
    }
    case "mtu": {
      const place = pick(lab.places, recipe.of.at)!;
      const { name } = pick(place.interfaces, recipe.of.which)!;
      return [{ at: place.id, do: "mtu", interface: name, mtu: recipe.of.mtu }];
    }
    case "address":
      return addressEdit(recipe.of, lab);
    case "close": {
      const place = pick(
        lab.places.filter(({ listeners }) => listeners.length > 0),
        recipe.of.at,
      );
      const listener = place && pick(place.listeners, recipe.of.which);
      return place && listener ? [{ at: place.id, do: "close", protocol: listener.protocol, port: listener.port }] : [];
    }
    case "listen": {
      const { at, protocol, port } = recipe.of;
      const place = pick(lab.places, at)!;
      if (place.listeners.some((one) => one.protocol === protocol && one.port === port)) return [];
      return [
        { at: place.id, do: "listen", listener: { protocol, port, identity: `${place.id}:${protocol}-${port}` } },
      ];
    }
    case "peer":
    case "remove-peer":
      return peerEdit(recipe, lab);
  }
}

type EditHere = Edit extends infer E ? (E extends Edit ? Omit<E, "at"> : never) : never;

function edit(lab: Surroundings, at: number, what: EditHere): Edit[] {
  return [{ at: pick(lab.places, at)!.id, ...what } as Edit];
}

function routeEdit({ at, destination, hop, type }: RecipeOf<"route">, lab: Surroundings): Edit[] {
  const place = pick(lab.places, at)!;
  const to = pick(lab.destinations, destination)!;
  if (type !== undefined) return [{ at: place.id, do: "route", route: { destination: to, type } }];
  const next = pick(lab.nextHops(place), hop);
  return next ? [{ at: place.id, do: "route", route: { destination: to, ...next } }] : [];
}

/** Another address of its own subnet, or somebody else's: never one that a neighbour answers for, too. */
function addressEdit({ at, which, what }: RecipeOf<"address">, lab: Surroundings): Edit[] {
  const place = pick(lab.places, at)!;
  const dev = pick(place.interfaces, which)!;
  const [own] = dev.addresses;
  if (own === undefined) return [];
  const subnet = new Subnet(own);
  const more = subnet.prefix < 31 ? [`${free(subnet, lab.held)}/${subnet.prefix}`] : [];
  const others = lab.addresses.filter((one) => !lab.isAnsweredNear(place, one)).map((one) => `${one}/32`);
  const held = new Set(place.interfaces.flatMap(({ addresses }) => addresses.map(bare)));
  const address = pick(
    [...more, ...others].filter((one) => !held.has(bare(one))),
    what,
  );
  return address ? [{ at: place.id, do: "address", interface: dev.name, address }] : [];
}

function peerEdit(recipe: Recipe & { kind: "peer" | "remove-peer" }, lab: Surroundings): Edit[] {
  const place = pick(
    lab.places.filter(({ interfaces }) => interfaces.some(({ vxlan }) => vxlan?.peers.length)),
    recipe.of.at,
  );
  const dev = place?.interfaces.find(({ vxlan }) => vxlan?.peers.length);
  const peer = dev && pick(dev.vxlan!.peers, recipe.of.which);
  if (!place || !dev || !peer) return [];
  if (recipe.kind === "remove-peer")
    return [{ at: place.id, do: "remove-peer", interface: dev.name, inner: peer.inner }];
  const hosts = lab.plan.nodes.filter(({ role }) => role === "host").map(({ address }) => address);
  const vtep = pick(
    [...hosts, ...lab.nobodys].filter((one) => one !== dev.vxlan!.local),
    recipe.of.vtep,
  )!;
  return [{ at: place.id, do: "peer", interface: dev.name, peer: { ...peer, vtep } }];
}

function natEdit(
  lab: Surroundings,
  at: number,
  chain: NatRule["chain"],
  recipe: MatchRecipe,
  action: NatRule["action"],
  last = false,
): Edit[] {
  const match = matchOf(recipe, chain, pick(lab.places, at)!, lab);
  return edit(lab, at, { do: "nat", rule: { chain, match, action }, where: last ? "last" : "first" });
}

const SEES_IN = new Set(["PREROUTING", "INPUT", "FORWARD"]);
const SEES_OUT = new Set(["POSTROUTING", "OUTPUT", "FORWARD"]);

/** A match that iptables takes in this chain: interfaces only where there are any, a port only with a protocol that has them. */
function matchOf(
  recipe: MatchRecipe,
  chain: FilterRule["chain"] | NatRule["chain"],
  place: Netns,
  lab: Surroundings,
): Match {
  const { protocol, port } = recipe;
  const targets = [...lab.addresses, ...lab.subnets];
  const source = pickMaybe(targets, recipe.source);
  const destination = pickMaybe(targets, recipe.destination);
  const devices = place.interfaces.map(({ name }) => name);
  const inInterface = SEES_IN.has(chain) ? pickMaybe(devices, recipe.in) : undefined;
  const outInterface = SEES_OUT.has(chain) ? pickMaybe(devices, recipe.out) : undefined;
  return {
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : recipe.negated ? { notDestination: destination } : { destination }),
    ...(inInterface === undefined ? {} : { inInterface }),
    ...(outInterface === undefined ? {} : { outInterface }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(port !== undefined && (protocol === "tcp" || protocol === "udp") ? { port } : {}),
  };
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % list.length];
}

function pickMaybe<T>(list: readonly T[], at: number | undefined): T | undefined {
  return at === undefined ? undefined : pick(list, at);
}
