import { withHost } from "./changes.ts";
import { goesAsModelled, sees, stays, tells } from "./claims.ts";
import type { Claim, Scenario } from "./scenario.ts";

const CROSSING = { from: "host01/web", to: "host02/web", withdrawal: true } as const;

/** Since when the session to the router stands. */
const SINCE = "birdc show protocols '\"to-router\"' | awk 'NR == 3 { print $5, $6 }'";

export const bgp: Scenario = {
  name: "bgp",
  shows: "routes that nobody wrote: BIRD announces every host's pod subnet, and withdraws what is gone",
  steps: [
    {
      name: "learned",
      say: "Each host tells the router its pod subnet, and the router tells the others; there is no static pod route anywhere.",
      claims: [
        tells("the router's pod routes are BIRD's", "router", "ip route", onlyLearned(2)),
        tells("so are host01's", "host01", "ip route show 192.168.30.0/24", /via 10\.249\.1\.1 .*proto bird/),
        tells(
          "host01 heard of host02's subnet from the router, and the router from host02: two systems on the path",
          "host01",
          "birdc show route 192.168.30.0/24 all",
          /BGP\.as_path: 64512 64514/,
        ),
        goesAsModelled("captured, a packet goes just the way it goes in `routed`", "host01/web", "host02/web"),
        sees("the target sees the sender's own address", "tcp host01/web -> host02/web:8080", {
          sourceSeen: "192.168.20.2",
        }),
      ],
    },
    {
      name: "session ended",
      say: "When host02's session ends its subnet is withdrawn everywhere, and host02 forgets the others.",
      fault: "bgp-down host02",
      watch: CROSSING,
      claims: [
        sees("there: the router has no route", "icmp host01/web -> host02/web", { outcome: "no-route" }),
        sees("back: the router has none for the answer to host02's pod", "icmp host02/web -> host01/web", {
          outcome: "timeout",
        }),
        sees("the hosts themselves reach each other", "icmp host01 -> host02", { outcome: "ok" }),
        tells("host01 has forgotten it, too", "host01", "ip route show 192.168.30.0/24", /^$/),
      ],
      healed: [tells("host01 has it again", "host01", "ip route show 192.168.30.0/24", /proto bird/)],
    },
    {
      name: "host silent",
      say: "A host that falls silent says no farewell: the router waits for its hold time of 3 s, then withdraws the subnet.",
      fault: "link-down host02",
      watch: CROSSING,
      claims: [
        // BIRD tells the last error only: soon its next attempt to connect has found nobody.
        tells(
          "the router's session with host02 has ended",
          "router",
          `birdc show protocols '"to-host02"'`,
          /\bstart\b.*(?:Hold timer expired|Socket: No route to host)/s,
        ),
        sees("host02's pods still have each other", "icmp host02/web -> host02/db", { outcome: "ok" }),
      ],
    },
    {
      name: "bridge down",
      say: "Only what a host has is announced: without its bridge host01 withdraws its subnet, where a static route would stay.",
      fault: "bridge-down host01",
      claims: [sees("from the other host: no route", "icmp host02/web -> host01/web", { outcome: "no-route" })],
      healed: [stays("the session never ended", "host01", SINCE)],
    },
    {
      name: "another host",
      say: "A third host appears: the others learn its subnet, and nothing of theirs was touched.",
      spec: withHost({ name: "host03", podSubnet: "192.168.40.0/24", pods: [{ name: "web" }] }),
      claims: [
        tells("host01 knows the new subnet", "host01", "ip route show 192.168.40.0/24", /proto bird/),
        tells("so does host02", "host02", "ip route show 192.168.40.0/24", /proto bird/),
        tells("the router has three pod routes, all of them BIRD's", "router", "ip route", onlyLearned(3)),
        untouched(["host01", "host02"], "host03"),
        sees("its pod is reached", "tcp host01/web -> host03/web:8080", { outcome: "ok", identity: "host03/web:app" }),
      ],
    },
  ],
};

/** So many pod routes, and BIRD's name behind each. */
function onlyLearned(count: number): RegExp {
  return new RegExp(
    `^(?!.*192\\.168\\.\\S+ via \\S+ dev \\S+ *(\n|$))(?:.*192\\.168\\.\\S+ via \\S+ dev \\S+ proto bird){${count}}`,
    "s",
  );
}

/** The old hosts were last told a state before the new host was told one at all. */
function untouched(old: readonly string[], fresh: string): Claim {
  return {
    says: `${old.join(" and ")} were told nothing since ${fresh} is there`,
    async differs({ run, show }) {
      const told = async (host: string) => (await run(host, "stat -c %.3Y /var/lib/podlab/generation")).text;
      const first = await told(fresh);
      const last = await Promise.all(old.map(async (host) => [host, await told(host)] as const));
      const later = last.find(([, when]) => !(Number.parseFloat(when) < Number.parseFloat(first)));
      if (later) return `${later[0]} was told its state at ${later[1]}, after ${fresh} at ${first}`;
      for (const [host, when] of [...last, [fresh, first] as const]) show(`${host}: ${when}`);
      return undefined;
    },
  };
}
