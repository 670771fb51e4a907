/** One echo request, captured on every interface of every node and of both pods, beside the way that the model gives it. */
import { sourcesOf, targetNamed } from "../../infra/model/endpoints.ts";
import type { Hop } from "../../infra/model/walk/hop.ts";
import { Network } from "../../infra/model/walk/network.ts";
import { walk } from "../../infra/model/walk/walk.ts";
import type { Seen } from "./capture.ts";
import type { Claim } from "./scenario.ts";

/** The packet's way from a pod to another pod or a node is the model's, interface by interface. */
export function goesAsModelled(says: string, from: string, to: string): Claim {
  return {
    says,
    async differs({ plan, show, run, capture }) {
      const source = sourcesOf(plan).find(({ netns }) => netns === from)!;
      const target = targetNamed(plan, source, to)!;
      const { forward } = walk(new Network(plan.netns), { from, to: target.address, protocol: "icmp" });
      const modelled = forward.map(seenText);
      const container = plan.pods.find(({ id }) => id === from)!.containers[0]!.name;
      const seen = await capture([from, to], async () => {
        await run(`${from}:${container}`, "ping", "-c", "1", "-W", "2", target.address);
      });
      const found = seen.map(seenText);
      for (const [step, text] of found.entries()) show(`${step + 1}. ${text}`);
      const at = modelled.findIndex((text, step) => text !== found[step]);
      if (at < 0 && found.length === modelled.length) return undefined;
      if (at < 0) return `after the model's ${modelled.length} steps it was seen again: ${found[modelled.length]}`;
      return `step ${at + 1} should be: ${modelled[at]}; captured was: ${found[at] ?? "nothing more"}`;
    },
  };
}

/** `host01 cbr0 in   192.168.20.2 > 192.168.30.2 ttl 64` */
export function seenText(seen: Seen | Hop): string {
  const inside = seen.inside
    ? `, inside ${seen.inside.source} > ${seen.inside.destination} ttl ${seen.inside.ttl}`
    : "";
  return `${seen.netns} ${seen.interface} ${seen.direction}: ${seen.source} > ${seen.destination} ttl ${seen.ttl}${inside}`;
}
