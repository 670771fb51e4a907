import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "what DNAT sends elsewhere never leaves by a loopback address",
    found: "the model forgot that a namespace has 127.0.0.1, and lost what was sent there on its way out",
    topology: {
      spec: { hosts: pods(1) },
      edits: [
        {
          at: "host01",
          do: "nat",
          where: "first",
          rule: {
            chain: "OUTPUT",
            match: { destination: "127.0.0.1" },
            action: { kind: "dnat", to: [{ address: "203.0.113.10", port: 0 }] },
          },
        },
      ],
    },
    asks: [
      "icmp host01 -> 127.0.0.1",
      "tcp host01 -> 127.0.0.1:80",
      "udp host01 -> 127.0.0.1:80",
      "tcp host01 -> 127.0.0.5:80",
    ],
  },
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
  {
    name: "an echo's answer may come to another address of its sender's",
    found: "the model wanted it at the address that the echo was sent from, as TCP and UDP do",
    topology: {
      spec: { network: "overlay", hosts: pods(0, 0) },
      edits: [
        {
          at: "router",
          do: "nat",
          where: "first",
          rule: { chain: "POSTROUTING", match: {}, action: { kind: "snat", to: "192.168.2.0" } },
        },
      ],
    },
    asks: [
      "icmp host02 -> host01",
      "path host02 -> host01",
      "tcp-closed host02 -> host01:1",
      "udp-closed host02 -> host01:1",
    ],
  },
  {
    name: "what is said of echoes that a DNAT sends elsewhere is not said of SYNs",
    found: "verification took it for what the silent SYN to the same address had met",
    topology: {
      spec: { hosts: pods(0, 1) },
      edits: [
        {
          at: "host01",
          do: "nat",
          where: "first",
          rule: {
            chain: "OUTPUT",
            match: { protocol: "icmp" },
            action: { kind: "dnat", to: [{ address: "192.168.2.77", port: 0 }] },
          },
        },
      ],
    },
    asks: ["icmp host01 -> 10.240.2.77", "tcp-closed host01 -> 10.240.2.77:1", "udp-closed host01 -> 10.240.2.77:1"],
  },
];
