import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "a host without a default route says so of every address, though it tells a sender little",
    found: "many probes used up the few errors that a router sends, so some addresses were never told of: silence",
    topology: {
      spec: { hosts: pods(2, 2, 1) },
      edits: [{ at: "host01", do: "remove-route", destination: "0.0.0.0/0" }],
    },
    // Each costs a second beyond the fifth.
    asks: ["host02/web", "host03", "198.51.100.7"].flatMap((to) => [
      `icmp host01/web -> ${to}`,
      `tcp-closed host01/web -> ${to}:1`,
      `udp-closed host01/web -> ${to}:1`,
      `path host01/web -> ${to}`,
    ]),
  },
  {
    name: "a prohibit route is told of every address, too",
    found: "only a missing route's silence was taken for what another probe was told",
    topology: {
      spec: { hosts: pods(1, 3) },
      edits: [{ at: "host01", do: "route", route: { destination: "192.168.0.0/16", type: "prohibit" } }],
    },
    asks: ["web", "db"].flatMap((name) => [
      `icmp host01/web -> host02/${name}`,
      `tcp host01/web -> host02/${name}:8080`,
      `tcp-closed host01/web -> host02/${name}:1`,
      `udp host01/web -> host02/${name}:8080`,
      `udp-closed host01/web -> host02/${name}:1`,
    ]),
  },
  {
    name: "an error about what a DNAT on the way sent elsewhere is not the sender's",
    found: "the prober took every error about its echo request, also one that quotes another destination",
    topology: {
      spec: { hosts: pods(1, 2) },
      edits: [
        {
          at: "host02/db",
          do: "nat",
          where: "first",
          rule: {
            chain: "PREROUTING",
            match: {},
            action: { kind: "dnat", to: [{ address: "10.240.2.77", port: 0 }] },
          },
        },
      ],
    },
    asks: [
      "icmp host01/web -> host02/db",
      "icmp host02/web -> host02/db",
      "tcp host01/web -> host02/db:8080",
      "udp-closed host01/web -> host02/db:1",
      "path host01/web -> host02/db",
    ],
  },
];
