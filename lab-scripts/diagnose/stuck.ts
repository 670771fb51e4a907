/** A packet that a namespace had and did not let out: forwarded, made there, or to be answered there. */

import { routeText } from "../../infra/packet/describe.ts";
import type { Route } from "../../infra/packet/netns.ts";
import { DEFAULT_ROUTE, DEFAULT_ROUTE_6 } from "../../infra/plan/fragment.ts";
import { bare, isIPv6 } from "../../infra/spec/address.ts";
import type { Cause } from "./cause.ts";
import { diverted } from "./diverted.ts";
import { addressProblem, gone, holdsItself, interfaceProblem, tooLong } from "./ends.ts";
import type { KernelRoute } from "./events.ts";
import { filtered } from "./filter.ts";
import { neighbourless } from "./link.ts";
import { byPolicy, reversePath } from "./policy.ts";
import { listed, ruleEvidence } from "./rules.ts";
import { holds, kernelRouteText, lookupText, type Scene } from "./scene.ts";
import { leaves, type Onward, type Section } from "./section.ts";

export function stuck(scene: Scene, onward: Onward): Cause {
  return (
    gone(scene, onward.netns) ??
    filtered(scene, onward) ??
    notForwarding(scene, onward) ??
    unplugged(scene, onward) ??
    reversePath(scene, onward) ??
    misrouted(scene, onward) ??
    neighbourless(scene, onward) ??
    tooLarge(scene, onward) ??
    shortLived(scene, onward) ??
    diverted(scene, onward) ??
    queued(scene, onward) ??
    unexplained(scene, onward)
  );
}

/** Its way out is down, or has lost the address that its route came with: the routing table then lacks what is not to blame. */
export function unplugged(scene: Scene, { netns, out, route, packet }: Onward): Cause | undefined {
  if (out === undefined) return undefined;
  const { interfaces } = scene.netns(netns);
  const own = interfaces.find((one) => (out === "lo" ? holds(one, packet.destination) : one.name === out));
  const address = own?.addresses.find((one) => isIPv6(one) === isIPv6(packet.destination));
  if (!own || address === undefined) return undefined;
  const port = { netns, dev: own.name };
  const down = interfaceProblem(scene, { netns, dev: out });
  if (out === "lo") return down ?? addressProblem(scene, port, packet.destination);
  return down ?? (route && route.via === undefined ? addressProblem(scene, port, bare(address)) : undefined);
}

function notForwarding(scene: Scene, { kind, netns, packet, in: dev }: Onward): Cause | undefined {
  const settings = scene.kernel(netns)?.settings;
  if (kind !== "through" || !settings || dev === undefined) return undefined;
  const name = scene.kernelName(netns, dev);
  const v6 = isIPv6(packet.destination);
  const whole = settings[v6 ? "ipv6_forwarding" : "ip_forward"] === "0";
  // For IPv6 only the setting of all interfaces counts (net/ipv6/ip6_output.c, ip6_forward).
  if (!whole && (v6 || settings[`${name}.forwarding`] !== "0")) return undefined;
  const ofAll = v6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
  const setting = whole ? ofAll : `net.ipv4.conf.${name}.forwarding`;
  return {
    key: `${setting} ${netns}`,
    netns,
    text: `${netns} does not forward packets (${setting} is 0)`,
    evidence: [`${netns}: ${setting} = 0`],
    covers: (section) =>
      section.kind === "through" &&
      section.netns === netns &&
      (whole || section.in === dev) &&
      isIPv6(section.packet.destination) === v6,
  };
}

/** No route, a route that refuses, or one that leads elsewhere than the model's. */
export function misrouted(scene: Scene, onward: Onward): Cause | undefined {
  const { netns, packet, route } = onward;
  if (!scene.kernel(netns)) return undefined;
  const lookup = scene.routing(onward);
  const found = scene.route(netns, packet.destination);
  const cause = (key: string, text: string, evidence: string) => ({
    key: `route ${netns} ${key}`,
    netns,
    text,
    evidence: [evidence, ...(lookup ? [lookupText(lookup)] : [])],
    covers: usesRoute(scene, netns, found, route),
  });
  const held = holdsItself(scene, netns, packet.destination) ?? holdsItself(scene, netns, packet.source);
  if (held) return held;
  if (!found) {
    const what =
      route && [DEFAULT_ROUTE, DEFAULT_ROUTE_6].includes(route.destination)
        ? "default route"
        : `route to ${route?.destination ?? packet.destination}`;
    return cause(what, `${netns} has no ${what}`, tableText(scene, netns, packet.destination));
  }
  const shown = kernelRouteText(found);
  const line = `${netns}: ip route: ${shown}`;
  if (found.type && found.type !== "unicast") return cause(shown, `${netns}'s route is "${shown}"`, line);
  const same = route && found.gateway === route.via && scene.planName(netns, found.dev ?? "") === route.dev;
  if (route && !same) return cause(shown, `${netns} sends it by "${shown}" instead of "${routeText(route)}"`, line);
  const policy = byPolicy(scene, onward);
  if (policy) return policy;
  // The table is as it should be, and yet the kernel refuses.
  if (lookup?.complaint) return cause(lookup.complaint, `${netns} refuses to route it (${lookup.complaint})`, line);
  return undefined;
}

/** Packets that the kernel sends by the same route, or by none, and the model by the same one. */
function usesRoute(scene: Scene, netns: string, found: KernelRoute | undefined, route: Route | undefined) {
  return (section: Section) =>
    leaves(section, netns) &&
    scene.route(netns, section.packet.destination) === found &&
    (found !== undefined || section.route?.destination === route?.destination);
}

/** The table of the destination's family. */
function tableText(scene: Scene, netns: string, destination: string): string {
  const v6 = isIPv6(destination);
  const own = scene.kernel(netns)?.routes.filter(({ dst }) => isIPv6(dst) === v6 && !dst.startsWith("fe80:")) ?? [];
  const routes = own.map(kernelRouteText);
  return `${netns}: ip ${v6 ? "-6 " : ""}route: ${routes.length > 0 ? routes.join("; ") : "empty"}`;
}

function tooLarge(scene: Scene, { netns, out, size }: Onward): Cause | undefined {
  const link = out === undefined ? undefined : scene.link(netns, out);
  if (!link || out === undefined || size <= link.mtu) return undefined;
  return tooLong({ netns, dev: out }, size, link.mtu);
}

/** The queue of its way out is full, or drops of its own accord (tc(8)). */
function queued(scene: Scene, { netns, out }: Onward): Cause | undefined {
  if (out === undefined) return undefined;
  const dev = scene.kernelName(netns, out);
  const queue = scene.kernel(netns)?.queues.find((one) => one.dev === dev && one.drops > 0);
  if (!queue) return undefined;
  return {
    key: `queue ${netns} ${out}`,
    netns,
    dev: out,
    text: `the queue of ${netns} ${out} (${queue.kind}) drops packets`,
    evidence: [`${netns}: tc -s qdisc show dev ${dev}: ${queue.kind}, ${queue.drops} dropped so far`],
    covers: (section) => leaves(section, netns) && section.out === out,
  };
}

/** A rule made its TTL so small that it ends here. */
function shortLived(scene: Scene, onward: Onward): Cause | undefined {
  const { netns, kind, out } = onward;
  const rule = scene.counted(onward).find(({ target }) => target === "TTL" || target === "HL");
  if (!rule || kind !== "through") return undefined;
  return {
    key: `ttl ${netns} ${listed(rule)}`,
    netns,
    text: `${netns} rewrites its TTL by its ${rule.chain} rule "${rule.text}", and it ends here`,
    evidence: [`${netns}: ${ruleEvidence(rule)}`],
    covers: (section) =>
      section.kind === "through" && section.netns === netns && scene.mayMatch(rule, { ...section, out }),
  };
}

function unexplained(scene: Scene, onward: Onward): Cause {
  const { netns, kind, in: from, out } = onward;
  const lookup = scene.routing(onward);
  return {
    key: `unexplained ${netns} ${from} ${out}`,
    netns,
    text: `no rule, route or neighbour of ${netns} tells why`,
    evidence: lookup ? [lookupText(lookup)] : [],
    covers: (section) => section.kind === kind && section.netns === netns && section.in === from && section.out === out,
  };
}
