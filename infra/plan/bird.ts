/** BIRD 2's configuration for a namespace that speaks BGP (https://bird.network.cz/?get_doc&f=bird-6.html). */
import type { BgpSpeaker } from "../packet/netns.ts";

/** Returns the lines of /etc/bird/bird.conf. */
export function birdConfig({ id, as, hold, announces, peers }: BgpSpeaker): string[] {
  return [
    `log "/run/bird/bird.log" 1000000 "/run/bird/bird.log.old" all;`,
    `router id ${id};`,
    "protocol device { scan time 10; }",
    ...(announces.length > 0
      ? [`protocol direct { ipv4; interface ${announces.map((name) => `"${name}"`).join(", ")}; }`]
      : []),
    // A route that somebody deletes from the kernel's table comes back with the next scan.
    "protocol kernel { scan time 2; ipv4 { import none; export where source = RTS_BGP; }; }",
    "template bgp neighbour {",
    `  local as ${as};`,
    `  hold time ${hold}; keepalive time ${Math.trunc(hold / 3)};`,
    "  connect delay time 1; connect retry time 1; error wait time 1, 2;",
    "  ipv4 { import all; export where source ~ [ RTS_DEVICE, RTS_BGP ]; };",
    "}",
    // A name of BIRD's may be any of its words unless it begins otherwise.
    ...peers.map((peer) => {
      return `protocol bgp 'to-${peer.name}' from neighbour { neighbor ${peer.address} as ${peer.as}; }`;
    }),
  ];
}
