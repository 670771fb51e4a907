/** What decides about a packet's path beside the routing table: rules of policy routing, and the reverse path filter. */
import { isIPv6 } from "node:net";
import { routeText } from "../../infra/packet/describe.ts";
import { Subnet } from "../../infra/spec/address.ts";
import type { Cause } from "./cause.ts";
import { lookupText, type Scene } from "./scene.ts";
import { type Header, leaves, type Onward } from "./section.ts";

/**
 * The routing table is as it should be, but the kernel decides otherwise, and a rule of `ip rule` looks at such packets.
 * What it decides is read off `ip route get`.
 */
export function byPolicy(scene: Scene, onward: Onward): Cause | undefined {
  const { netns, packet, in: came, route } = onward;
  const policy = scene.kernel(netns)?.policies.find((line) => looksAt(line, packet));
  const marks = policy?.includes("fwmark") ? scene.counted({ netns, packet, in: came }) : [];
  const marking = marks.find(({ target }) => target.endsWith("MARK"));
  const lookup = scene.routing(onward);
  if (policy === undefined || lookup === undefined) return undefined;
  const [, via] = / via (\S+)/.exec(lookup.answer) ?? [];
  const [, dev = ""] = / dev (\S+)/.exec(lookup.answer) ?? [];
  const same = route !== undefined && via === route.via && scene.planName(netns, dev) === route.dev;
  // The kernel was asked about a packet without a mark.
  if (same && !lookup.complaint && !marking) return undefined;
  const rule = policy.replace(/^\d+: /, "");
  const instead = route ? ` instead of by "${routeText(route)}"` : "";
  const how = marking
    ? `marks it by its ${marking.chain} rule "${marking.text}" and sends it elsewhere`
    : lookup.complaint
      ? `refuses to route it (${lookup.complaint})`
      : `sends it by "${lookupWords(lookup.answer)}"${instead}`;
  return {
    key: `policy ${netns} ${rule}`,
    netns,
    text: `${netns} ${how}: its policy routing has the rule "${rule}"`,
    evidence: [`${netns}: ip rule: ${policy}`, lookupText(lookup)],
    covers: (section) => leaves(section, netns) && looksAt(policy, section.packet),
  };
}

/** The packet came in by another interface than the one its answer would leave by, and the namespace minds (rp_filter, RFC 3704). */
export function reversePath(scene: Scene, onward: Onward): Cause | undefined {
  const { netns, kind, packet, in: from } = onward;
  const settings = scene.kernel(netns)?.settings;
  if (kind !== "through" || from === undefined || !settings || isIPv6(packet.source)) return undefined;
  const lookup = scene.routing(onward);
  const names = ["all", scene.kernelName(netns, from)];
  // The stricter of the two holds (ip-sysctl.rst).
  const name = names.toSorted((a, b) => Number(settings[`${b}.rp_filter`]) - Number(settings[`${a}.rp_filter`]))[0]!;
  const mode = settings[`${name}.rp_filter`];
  const back = scene.route(netns, packet.source);
  const comesBack = back !== undefined && (mode === "2" || scene.planName(netns, back.dev ?? "") === from);
  if (!lookup?.complaint || !["1", "2"].includes(mode ?? "") || comesBack) return undefined;
  return {
    key: `rp_filter ${netns} ${from} ${back?.dst}`,
    netns,
    text: `${netns} drops it by its reverse path filter: its own way to ${packet.source} is not by ${from} (net.ipv4.conf.${name}.rp_filter is ${mode})`,
    evidence: [`${netns}: net.ipv4.conf.${name}.rp_filter = ${mode}`, lookupText(lookup)],
    covers: (section) =>
      section.kind === "through" &&
      section.netns === netns &&
      section.in === from &&
      scene.route(netns, section.packet.source) === back,
  };
}

/** The rules are IPv4's. False when the source or destination in one surely doesn't fit; what else a rule looks at is taken to fit. */
function looksAt(line: string, { source, destination }: Header): boolean {
  const fits = (selector: string, address: string) => {
    const [, negated, range] = new RegExp(`(not )?\\b${selector} (\\d\\S*)`).exec(line) ?? [];
    if (range === undefined || address === "") return true;
    const within = range.includes("/") ? new Subnet(range).contains(address) : range === address;
    return within !== (negated !== undefined);
  };
  return !isIPv6(destination) && fits("from", source) && fits("to", destination);
}

/** `via 10.240.1.77 dev eth0 table 100` out of what `ip route get` says. */
function lookupWords(answer: string): string {
  return (/(?:via \S+ )?dev \S+(?: table \S+)?/.exec(answer) ?? [answer])[0];
}
