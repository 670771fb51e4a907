import { goesAsModelled, sees, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const CROSSING = { from: "host01/web", to: "host02/web" } as const;

export const routed: Scenario = {
  name: "routed",
  shows:
    "the article's answer: a bridge with a pod subnet of its own on every host, and a router that knows whose is whose",
  steps: [
    {
      name: "eight steps",
      say: "A packet goes pod, bridge, host, router, host, bridge, pod; nobody changes its addresses, three lower its TTL.",
      claims: [
        goesAsModelled("captured on every interface, it goes just the modelled way", CROSSING.from, CROSSING.to),
        sees("the target sees the sender's own address", "tcp host01/web -> host02/web:8080", {
          sourceSeen: "192.168.20.2",
          identity: "host02/web:app",
        }),
        sees("its answer crossed two hosts and a router: TTL 61", "icmp host01/web -> host02/web", { ttl: 61 }),
        sees("on one host it crosses none: TTL 64", "icmp host01/web -> host01/db", { ttl: 64 }),
      ],
    },
    {
      name: "route withdrawn",
      say: "Without its route the router refuses what is for host02's pods, and with it every answer to them is lost.",
      fault: "route-withdraw 192.168.30.0/24",
      watch: CROSSING,
      claims: [
        sees("there: the router says that it has no route", "icmp host01/web -> host02/web", { outcome: "no-route" }),
        sees("back: nothing is said, the answer is just lost", "icmp host02/web -> host01/web", { outcome: "timeout" }),
        sees("host02's pods still talk among themselves", "icmp host02/web -> host02/db", { outcome: "ok" }),
      ],
    },
    {
      name: "cable pulled",
      say: "With host02's link down its pods have each other and nobody else.",
      fault: "link-down host02",
      watch: CROSSING,
      claims: [sees("a pod of host02 reaches its neighbour", "icmp host02/web -> host02/db", { outcome: "ok" })],
    },
    {
      name: "host stopped",
      say: "A host that is stopped and started again brings its pods back by itself, on the same addresses.",
      fault: "host-stop host02",
      watch: CROSSING,
      healed: [tells("the pod has its old address", "host02/web:app", "hostname -i", "192.168.30.2")],
    },
    {
      name: "bridge down",
      say: "With host01's bridge down, packets for its pods go back and forth between router and host until their TTL ends.",
      fault: "bridge-down host01",
      claims: [sees("from the other host: TTL exceeded", "icmp host02/web -> host01/web", { outcome: "ttl-exceeded" })],
    },
  ],
};
