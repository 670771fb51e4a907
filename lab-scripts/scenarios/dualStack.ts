import { fails, sees, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const CROSSING = { from: "host01/web", to: "host02/web" } as const;

/**
 * One echo request from web's namespace, which its kernel may split (-M dont) and knows no size of the way for; the image's
 * ping, for busybox' has no -M.
 */
const LARGE_PING = (payload: number, target: string) =>
  `nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' web.pause)/ns/net sh -c 'ip -6 route flush cache; ping -M dont -c 1 -W 2 -s ${payload} ${target}'`;

const ADDRESSES_6 = "ip -6 -o address show dev eth0 scope global";

const SHOW_ETH0 = "ip address show eth0";
const BOTH_ADDRESSES = /192\.168\.20\.2\/24.*fd00:10:252:101::2\/64/s;

export const dualStack: Scenario = {
  name: "dual-stack",
  shows:
    "IPv4 and IPv6 side by side: two addresses, two tables, two sets of rules; what becomes of one is not the other's business",
  steps: [
    {
      name: "both families",
      say: "Every pod has an address of each family in one namespace, and is seen by it; the router hides both from the internet.",
      claims: [
        tells("web's pause container holds both", "host01/web:app", SHOW_ETH0, BOTH_ADDRESSES),
        sees("by IPv4 the target sees the pod", "tcp host01/web -> host02/web:8080", {
          sourceSeen: "192.168.20.2",
          ttl: 61,
        }),
        sees("by IPv6 as well, over the same three hops", "tcp host01/web -> host02/web:8080 (IPv6)", {
          sourceSeen: "fd00:10:252:101::2",
          ttl: 61,
        }),
        sees(
          "the internet sees the router: unique local addresses are private ones",
          "tcp host01/web -> internet:80 (IPv6)",
          {
            sourceSeen: "2001:db8::1",
          },
        ),
      ],
    },
    {
      name: "IPv6 route withdrawn",
      say: "The router forgets where host02's IPv6 pod subnet is; its IPv4 table has not changed.",
      fault: "route-withdraw fd00:10:252:102::/64",
      claims: [
        sees("there by IPv6: the router has no route", "icmp host01/web -> host02/web (IPv6)", {
          outcome: "no-route",
          icmpFrom: "fd00:10:252:1::1",
        }),
        sees("back by IPv6: the answer is lost", "icmp host02/web -> host01/web (IPv6)", { outcome: "timeout" }),
        sees("by IPv4: nothing happened", "icmp host01/web -> host02/web", { outcome: "ok", ttl: 61 }),
      ],
    },
    {
      name: "smaller bridge",
      say: "host02's bridge takes 1400 bytes: of an IPv4 packet host02 makes pieces, of an IPv6 one none, and it says what would fit.",
      fault: "mtu host02:cbr0 1400",
      claims: [
        tells("IPv4: 1450 bytes that may be split arrive", "host01", LARGE_PING(1422, "192.168.30.3"), / 1 received/),
        fails(
          "IPv6: 1450 bytes are sent back as too big, whatever the sender allows",
          "host01",
          LARGE_PING(1402, "fd00:10:252:102::3"),
          /packet too big: mtu=1400/i,
        ),
        sees("so 1400 is the most that arrives whole", "mtu host01/web -> host02/web (IPv6)", {
          mtu: 1400,
        }),
      ],
    },
    {
      name: "cable pulled",
      say: "A link that goes down takes its IPv6 address with it; the IPv4 address stays. Healing has to bring it back.",
      fault: "link-down host02",
      watch: CROSSING,
      claims: [
        tells("the IPv4 address is still there", "host02", "ip -4 -o address show dev eth0", "10.252.2.2/24"),
        tells("the IPv6 address is not", "host02", ADDRESSES_6, /^$/),
      ],
      healed: [tells("the IPv6 address is back", "host02", ADDRESSES_6, "fd00:10:252:2::2/64")],
    },
    {
      name: "pause killed",
      say: "Both addresses of a pod live in its pause container: they go with it, and come back with it.",
      fault: "pause-kill host01/web",
      healed: [tells("the same two addresses", "host01/web:sidecar", SHOW_ETH0, BOTH_ADDRESSES)],
    },
  ],
};
