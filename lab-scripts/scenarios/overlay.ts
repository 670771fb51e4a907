import { fails, goesAsModelled, sees, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const LARGE_PING =
  "nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' web.pause)/ns/net ping -M do -c 1 -W 2 -s 1472 192.168.30.2";

export const overlay: Scenario = {
  name: "overlay",
  shows: "a network above the hosts' network: VXLAN carries pod packets between hosts, and the router knows no pod",
  steps: [
    {
      name: "tunnel",
      say: "Pods of two hosts talk although the router has no route to either: it only sees hosts send UDP to each other.",
      claims: [
        tells("the router knows no pod subnet", "router", "ip route", /^(?!.*192\.168\.)/s),
        goesAsModelled(
          "captured, the pod packet is inside UDP/4789 while it crosses the router",
          "host01/web",
          "host02/web",
        ),
        sees("inside the tunnel it crosses two hosts and no router: TTL 62", "icmp host01/web -> host02/web", {
          ttl: 62,
        }),
        sees("the target sees the sender's own address", "tcp host01/web -> host02/web:8080", {
          sourceSeen: "192.168.20.2",
        }),
      ],
    },
    {
      name: "MTU",
      say: "The tunnel's headers take 50 bytes of every packet, so pods have 1450.",
      claims: [
        sees("the largest packet that arrives whole has 1450 bytes", "mtu host01/web -> host02/web", { mtu: 1450 }),
        fails(
          "1500 bytes that must not be split are refused before they leave the pod",
          "host01",
          LARGE_PING,
          /message too long/i,
        ),
        // Debian 13's ping does not say by what.
        tells("by the MTU of the pod's own interface", "host01/web:app", "ip link show eth0", /mtu 1450 /),
      ],
    },
    {
      name: "stale FDB",
      say: "Who is where stands in each host's FDB: with one entry out of date host01 sends to nobody, and answers are lost, too.",
      fault: "stale-fdb host01 host02",
      watch: { from: "host01/web", to: "host02/web" },
      claims: [
        sees("there: silence, for nobody tells the sender of an outer packet's end", "icmp host01/web -> host02/web", {
          outcome: "timeout",
        }),
        sees("back: silence", "icmp host02/web -> host01/web", { outcome: "timeout" }),
        sees("the hosts themselves reach each other", "icmp host01 -> host02", { outcome: "ok" }),
      ],
    },
    {
      name: "partition",
      say: "What the hosts' network loses the overlay loses: with the hosts cut off from each other, so are their pods.",
      fault: "partition host01 host02",
      watch: { from: "host01/web", to: "host02/web" },
    },
  ],
};
