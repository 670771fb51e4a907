import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "a SYN that DNAT sends where no route leads is lost in silence",
    found: "the model had connect(2) fail; only datagrams are refused at the call",
    topology: {
      spec: { hosts: pods(0) },
      edits: [
        {
          at: "router",
          do: "nat",
          where: "first",
          rule: {
            chain: "OUTPUT",
            match: { destination: "203.0.113.0/24" },
            action: { kind: "dnat", to: [{ address: "198.51.100.7", port: 0 }] },
          },
        },
      ],
    },
    asks: [
      "icmp router -> internet",
      "tcp router -> internet:80",
      "tcp-closed router -> internet:1",
      "udp-closed router -> internet:1",
    ],
  },
];
