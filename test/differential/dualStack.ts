/** Random labs of both families, and what may be done to them where IPv6 is otherwise than IPv4. */
import fc from "fast-check";
import type { FilterRule, Match, NatRule, Netns, Route } from "../../infra/packet/netns.ts";
import { isIPv6 } from "../../infra/spec/address.ts";
import type { LabSpec } from "../../infra/spec/spec.ts";
import { type Edit, edited } from "./edit.ts";
import { bare, unique } from "./surroundings.ts";
import { planOf, type Topology } from "./topology.ts";

const spec: fc.Arbitrary<LabSpec> = fc
  .record({
    pods: fc.array(fc.constantFrom(1, 2, 0), { minLength: 1, maxLength: 3 }),
    prefix: fc.constantFrom(64, 112, 125),
    exempt: fc.option(fc.subarray(["fc00::/7", "2001:db8::/32", "192.168.0.0/16"]), { nil: undefined }),
    masquerade: fc.constantFrom(true, true, false),
  })
  .map(({ pods, prefix, exempt, masquerade }) => ({
    ipv6: "fd00:1::/48",
    hosts: pods.map((count, at) => ({
      name: `host0${at + 1}`,
      podSubnet6: `fd00:2:${at + 1}::/${prefix}`,
      pods: ["web", "db"]
        .slice(0, count)
        .map((name) => ({ name, containers: [{ name: "app", ports: [{ containerPort: 8080 }] }] })),
    })),
    ...(exempt === undefined ? {} : { nonMasqueradeCidrs: exempt }),
    router: { masquerade },
  }));

const number = fc.nat({ max: 999 });
const seldom = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: number });

const recipe = fc.record({
  what: fc.constantFrom("route", "route", "remove-route", "filter", "filter", "nat", "mtu", "forwarding"),
  at: number,
  which: number,
  hop: number,
  type: fc.constantFrom(undefined, undefined, "blackhole", "unreachable", "prohibit") as fc.Arbitrary<Route["type"]>,
  source: seldom,
  destination: seldom,
  in: seldom,
  out: seldom,
  protocol: fc.constantFrom(undefined, undefined, "icmp", "tcp", "udp") as fc.Arbitrary<Match["protocol"]>,
  action: fc.constantFrom("drop", "reject", "accept") as fc.Arbitrary<FilterRule["action"]>,
  established: fc.constantFrom(false, false, true),
  mtu: fc.constantFrom(1400, 1280, 1000),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never;

export const dualStack: fc.Arbitrary<Topology> = fc
  .tuple(spec, fc.array(recipe, { maxLength: 4 }))
  .map(([written, recipes]) => {
    const plan = planOf(written);
    const edits: Edit[] = [];
    for (const one of recipes) edits.push(...resolve(one, edited(plan.netns, edits)));
    return { spec: written, edits };
  });

/** What the recipe means in this lab; nothing when it means nothing there. */
function resolve(one: Recipe, now: readonly Netns[]): Edit[] {
  const passed = now.filter(({ role }) => role === "host" || role === "router");
  const at = pick([...passed, ...passed, ...now], one.at)!;
  const addresses = unique(now.flatMap(addressesOf)).filter(isIPv6);
  switch (one.what) {
    case "remove-route": {
      const route = pick(at.routes, one.which);
      return route ? [{ at: at.id, do: "remove-route", destination: route.destination }] : [];
    }
    case "route":
      return routeEdit(one, at, now, addresses);
    case "filter": {
      const match = matchOf(one, at, addresses, { in: true });
      const { action, established } = one;
      return [
        {
          at: at.id,
          do: "filter",
          // Only what is passed on: a rule for what is sent or taken in would stop neighbour discovery as well.
          rule: { family: 6, chain: "FORWARD", match, action, ...(established ? { established } : {}) },
        },
      ];
    }
    case "nat": {
      const rule: NatRule = {
        family: 6,
        chain: "POSTROUTING",
        match: matchOf(one, at, addresses, { in: false }),
        action: { kind: "masquerade" },
      };
      return [{ at: at.id, do: "nat", rule, where: "first" }];
    }
    case "mtu": {
      const dev = pick(at.interfaces, one.which)!;
      return [{ at: at.id, do: "mtu", interface: dev.name, mtu: one.mtu }];
    }
    default:
      return [{ at: at.id, do: "forwarding", on: false }];
  }
}

function routeEdit(
  { which, hop, type }: Recipe,
  at: Netns,
  now: readonly Netns[],
  addresses: readonly string[],
): Edit[] {
  const subnets = unique(now.flatMap(({ routes }) => routes.map(({ destination }) => destination))).filter(isIPv6);
  const destination = pick([...subnets, ...addresses.map((address) => `${address}/128`)], which)!;
  if (type !== undefined) return [{ at: at.id, do: "route", route: { destination, type } }];
  const hops = at.interfaces.flatMap((dev) =>
    now
      .filter(({ id }) => id !== at.id)
      .flatMap(({ interfaces }) => interfaces.filter(({ link }) => link === dev.link))
      .flatMap((mate) => mate.addresses.map(bare).filter(isIPv6))
      .map((via) => ({ via, dev: dev.name })),
  );
  const next = pick(hops, hop);
  return next ? [{ at: at.id, do: "route", route: { destination, ...next } }] : [];
}

function matchOf(one: Recipe, at: Netns, addresses: readonly string[], sees: { in: boolean }): Match {
  const devices = at.interfaces.map(({ name }) => name);
  const choose = (list: readonly string[], which: number | undefined) =>
    which === undefined ? undefined : pick(list, which);
  const source = choose(addresses, one.source);
  const destination = choose(addresses, one.destination);
  const inInterface = sees.in ? choose(devices, one.in) : undefined;
  const outInterface = choose(devices, one.out);
  return {
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    ...(inInterface === undefined ? {} : { inInterface }),
    ...(outInterface === undefined ? {} : { outInterface }),
    ...(one.protocol === undefined ? {} : { protocol: one.protocol }),
  };
}

const addressesOf = ({ interfaces }: Netns): string[] => interfaces.flatMap(({ addresses }) => addresses.map(bare));

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % list.length];
