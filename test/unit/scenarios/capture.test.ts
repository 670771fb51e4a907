/** What tcpdump prints becomes hops, and hops are held against the model's way. */
import { expect, test } from "vitest";
import { Network } from "../../../infra/model/walk/network.ts";
import { walk } from "../../../infra/model/walk/walk.ts";
import { readCapture, type Seen } from "../../../lab-scripts/scenarios/capture.ts";
import { goesAsModelled } from "../../../lab-scripts/scenarios/way.ts";
import { articlePlan, report } from "../verify/fixtures.ts";

/** Recorded on host01 of the stack overlay: a pod's echo request leaves by the tunnel, its answer comes back. */
const RECORDED = `1795417476.849420274 veth2bd00a7 P   IP (tos 0x0, ttl 64, id 25504, offset 0, flags [DF], proto ICMP (1), length 84)
    192.168.20.2 > 192.168.30.2: ICMP echo request, id 2, seq 0, length 64
1795417476.849420274 cbr0  In  IP (tos 0x0, ttl 64, id 25504, offset 0, flags [DF], proto ICMP (1), length 84)
    192.168.20.2 > 192.168.30.2: ICMP echo request, id 2, seq 0, length 64
1795417476.849484129 vxlan1 Out IP (tos 0x0, ttl 63, id 25504, offset 0, flags [DF], proto ICMP (1), length 84)
    192.168.20.2 > 192.168.30.2: ICMP echo request, id 2, seq 0, length 64
1795417476.849498039 eth0  Out IP (tos 0x0, ttl 64, id 18474, offset 0, flags [none], proto UDP (17), length 134)
    10.242.1.2.42478 > 10.242.2.2.4789: VXLAN, flags [I] (0x08), vni 1
IP (tos 0x0, ttl 63, id 25504, offset 0, flags [DF], proto ICMP (1), length 84)
    192.168.20.2 > 192.168.30.2: ICMP echo request, id 2, seq 0, length 64
1795417476.849630286 eth0  In  IP (tos 0x0, ttl 63, id 1171, offset 0, flags [none], proto UDP (17), length 134)
    10.242.2.2.42478 > 10.242.1.2.4789: VXLAN, flags [I] (0x08), vni 1
IP (tos 0x0, ttl 63, id 64968, offset 0, flags [none], proto ICMP (1), length 84)
    192.168.30.2 > 192.168.20.2: ICMP echo reply, id 2, seq 0, length 64
`;

test("requests only, bridges without their ports, and what is inside a tunnel's packet", () => {
  const inner = { source: "192.168.20.2", destination: "192.168.30.2" };
  const seen = readCapture(RECORDED, "host01", new Map([["eth0", "uplink"]]));
  expect(seen.map(({ at: _, ...one }) => one)).toEqual([
    { netns: "host01", interface: "cbr0", direction: "in", ...inner, ttl: 64 },
    { netns: "host01", interface: "vxlan1", direction: "out", ...inner, ttl: 63 },
    {
      netns: "host01",
      interface: "uplink",
      direction: "out",
      source: "10.242.1.2",
      destination: "10.242.2.2",
      ttl: 64,
      inside: { ...inner, ttl: 63 },
    },
  ]);
  expect(seen[0]!.at < seen[1]!.at).toBe(true);
});

const plan = articlePlan();
const way = walk(new Network(plan.netns), { from: "host01/web", to: "192.168.30.2", protocol: "icmp" }).forward;
const claim = goesAsModelled("", "host01/web", "host02/web");
const told = (seen: readonly Seen[]) =>
  claim.differs(
    {
      plan,
      report: report([]),
      show: () => {},
      run: async () => ({ exitCode: 0, text: "" }),
      capture: async () => seen,
    },
    "",
  );

test("the article's eight steps", async () => {
  expect(way.map((hop) => `${hop.netns} ${hop.interface} ${hop.direction}`)).toEqual([
    "host01/web eth0 out",
    "host01 cbr0 in",
    "host01 eth0 out",
    "router host01-net in",
    "router host02-net out",
    "host02 eth0 in",
    "host02 cbr0 out",
    "host02/web eth0 in",
  ]);
  expect(await told(way)).toBeUndefined();
});

test("a way that is another one is told at its first step that differs", async () => {
  expect(await told(way.slice(0, 4))).toBe(
    "step 5 should be: router host02-net out: 192.168.20.2 > 192.168.30.2 ttl 62; captured was: nothing more",
  );
  const masqueraded = way.map((hop, at) => (at < 2 ? hop : { ...hop, source: "10.240.1.2" }));
  expect(await told(masqueraded)).toBe(
    "step 3 should be: host01 eth0 out: 192.168.20.2 > 192.168.30.2 ttl 63; captured was: host01 eth0 out: 10.240.1.2 > 192.168.30.2 ttl 63",
  );
  expect(await told([...way, way[0]!])).toContain("after the model's 8 steps it was seen again: host01/web eth0 out");
});
