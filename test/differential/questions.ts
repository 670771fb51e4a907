/** What is asked of a lab: every ordered pair of its ends by every kind of probe, up to a limit, and a few ways and sizes. */
import { isIPv4 } from "node:net";
import type { Expectation } from "../../infra/expect/check.ts";
import {
  familiesIn,
  familyMark,
  type Source,
  sourcesOf,
  type Target,
  targetNamed,
  targetsOf,
} from "../../infra/expect/endpoints.ts";
import { ModelExpectation } from "../../infra/expect/expectation.ts";
import type { PairKind } from "../../infra/expect/result.ts";
import { type Pair, sample } from "../../infra/expect/sample.ts";
import type { Listener, Netns } from "../../infra/packet/netns.ts";
import { Network } from "../../infra/packet/network.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { Surroundings } from "./surroundings.ts";

/** Probes of one lab at most: more hosts, not more of the same, is what finds something. */
const LIMIT = 320;
const WAYS = 6;
const SIZES = 3;

interface Question extends Pair {
  readonly source: Source;
  readonly target: Target;
  readonly asked: readonly { readonly kind: PairKind; readonly port?: number }[];
}

/** @param wanted the namespaces as they are to be, which the expectations are computed from */
export function questions(plan: LabPlan, wanted: readonly Netns[]): Expectation[] {
  const network = new Network(wanted);
  const ends = endsOf(plan);
  const pairs = ends.flatMap((source) =>
    [...familiesIn(plan).flatMap((family) => targetsOf(plan, source, family)), ...others(plan, source)].map(
      (target): Question => {
        const asked = askedOf(target, wanted.find(({ id }) => id === target.name)?.listeners ?? []);
        const toHost = target.host === undefined ? {} : { toHost: target.host };
        return {
          from: source.netns,
          to: `${target.name}${familyMark(target.address)}`,
          fromHost: source.host,
          ...toHost,
          checks: asked.length,
          source,
          target,
          asked,
        };
      },
    ),
  );
  const { chosen } = sample(pairs, LIMIT);
  const between = sample(
    chosen.filter(({ toHost, fromHost }) => toHost !== fromHost).map((one) => ({ ...one, checks: 1 })),
    WAYS,
  ).chosen;
  const more = between.flatMap((one, at): Question[] => [
    { ...one, asked: [{ kind: "path" }] },
    ...(at < SIZES ? [{ ...one, asked: [{ kind: "mtu" as const }] }] : []),
  ]);
  return [...chosen, ...more].flatMap(({ source, target, asked }) =>
    asked.map(({ kind, port }) => new ModelExpectation(network, kind, source, target, port)),
  );
}

/** Pods and hosts, as in every lab, and the two that are not asked there: packets from them go the same ways. */
function endsOf(plan: LabPlan): Source[] {
  const { host } = sourcesOf(plan)[0]!;
  return [...sourcesOf(plan), { netns: "router", host }, { netns: "internet", host }];
}

/** Targets where nobody is, and the bridge of the source's host. */
function others(plan: LabPlan, { netns, host }: Source): Target[] {
  const lab = new Surroundings(plan, plan.netns);
  const own = plan.netns.find(({ id }) => id === host)!;
  const bridge = own.interfaces.find(({ kind }) => kind === "bridge")!;
  const { nobodys } = lab;
  const rank = plan.netns.findIndex(({ id }) => id === netns);
  return [
    ...(netns === host
      ? []
      : [
          {
            name: `${host}:${bridge.name}`,
            address: bridge.addresses[0]!.split("/")[0]!,
            host,
            listeners: own.listeners,
          },
        ]),
    // One each: every one of them costs the kernel's three seconds of waiting for a neighbour.
    nobody(nobodys[rank % nobodys.length]!),
    // Oneself, and all of another subnet.
    nobody("127.0.0.1"),
    nobody(lab.broadcasts[rank % lab.broadcasts.length]!),
  ];
}

const nobody = (address: string): Target => ({ name: address, address, listeners: [] });

/**
 * Questions by the ids of their expectations, such as `tcp host01/web -> host02/db:8080`.
 * @throws Error when the lab lacks what one names
 */
export function questionsNamed(plan: LabPlan, wanted: readonly Netns[], ids: readonly string[]): Expectation[] {
  const network = new Network(wanted);
  const ends = endsOf(plan);
  return ids.map((id) => {
    const [, kind, from, to, port] = /^(\S+) (\S+) -> (\S+?)(?::(\d+))?$/.exec(id) ?? [];
    const source = ends.find(({ netns }) => netns === from);
    const target = source && to && (targetNamed(plan, source, to) ?? (isIPv4(to) ? nobody(to) : undefined));
    if (!source || !target) throw new Error(`${id}: the lab has no such ends`);
    return new ModelExpectation(
      network,
      kind as PairKind,
      source,
      target,
      port === undefined ? undefined : Number(port),
    );
  });
}

function askedOf({ listeners, virtual }: Target, now: readonly Listener[]): Question["asked"] {
  // A port that was closed is asked all the same.
  const ports = (protocol: Listener["protocol"]) => [
    ...new Set([...listeners, ...now].filter((one) => one.protocol === protocol).map(({ port }) => port)),
  ];
  // What is for no port of a service is routed like any other packet: errors about it would be rate-limited.
  if (virtual && !virtual.first) {
    return (["tcp", "udp"] as const).flatMap((kind) => ports(kind).map((port) => ({ kind, port })));
  }
  return [
    { kind: "icmp" },
    ...ports("tcp").map((port) => ({ kind: "tcp" as const, port })),
    { kind: "tcp-closed", port: 1 },
    ...ports("udp").map((port) => ({ kind: "udp" as const, port })),
    { kind: "udp-closed", port: 1 },
  ];
}
