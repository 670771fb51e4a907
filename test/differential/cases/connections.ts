import type { FilterRule } from "../../../infra/packet/netns.ts";
import type { Edit } from "../edit.ts";
import { type NamedCase, pods } from "./case.ts";

const stateful = (at: string, chain: FilterRule["chain"], action: FilterRule["action"]): Edit => ({
  at,
  do: "filter",
  rule: { chain, match: {}, action, established: true },
});

export const cases: readonly NamedCase[] = [
  {
    name: "a rule that drops what belongs to a connection lets it begin and then be silent",
    found: "the model looked at a connection's first packet and its answer only",
    topology: { spec: { hosts: pods(1, 1) }, edits: [stateful("host02/web", "INPUT", "drop")] },
    asks: [
      "tcp host01/web -> host02/web:8080",
      "tcp host01 -> host02/web:8080",
      "tcp-closed host01 -> host02/web:1",
      "udp host01/web -> host02/web:8080",
      "icmp host01/web -> host02/web",
      "mtu host01/web -> host02/web",
      "path host01/web -> host02/web",
    ],
  },
  {
    name: "a rule that rejects what belongs to a connection says so to its sender",
    found: "the model called it silence; the error is told although the connection stands",
    topology: { spec: { hosts: pods(1, 1) }, edits: [stateful("host02/web", "INPUT", "reject")] },
    asks: ["tcp host01/web -> host02/web:8080", "tcp host02 -> host02/web:8080"],
  },
  {
    name: "a sender's own rule against what belongs to a connection",
    found: "the model looked at a connection's first packet and its answer only",
    topology: { spec: { hosts: pods(2) }, edits: [stateful("host01/db", "OUTPUT", "drop")] },
    asks: ["tcp host01/db -> host01/web:8080", "tcp host01/db -> internet:80", "udp host01/db -> host01/web:8080"],
  },
  {
    name: "a question that is asked again belongs to a connection, and is refused",
    found:
      "the model walked the first question only; its answer is rejected on the way, and then the next question, too",
    topology: {
      spec: { hosts: pods(1, 1), nonMasqueradeCidrs: [] },
      edits: [stateful("host01", "FORWARD", "reject")],
    },
    asks: [
      "icmp host01/web -> host02/web",
      "tcp host01/web -> host02/web:8080",
      "udp host01/web -> host02/web:8080",
      "udp-closed host01/web -> host02/web:1",
    ],
  },
  {
    name: "a SYN after a RST is the first of a connection again",
    found: "the model took it for one of the connection that the RST ended",
    topology: {
      spec: { hosts: pods(1, 1), nonMasqueradeCidrs: [] },
      edits: [stateful("host01", "FORWARD", "reject")],
    },
    asks: ["tcp-closed host01/web -> host02/web:1", "tcp-closed host01/web -> internet:1"],
  },
  {
    name: "each echo request of a path and of a size search is judged as a first one",
    found: "the prober sent all with one identifier: one connection to the rules, whose first answer let no other pass",
    topology: { spec: { hosts: pods(0, 0) }, edits: [stateful("router", "INPUT", "drop")] },
    asks: ["mtu host01 -> router", "path host01 -> router", "icmp host01 -> router"],
  },
  {
    name: "data that comes from a stranger is reset, and so ends the connection at the server",
    found: "the model called it silence; the server, reset, knows no more of the client's next packet",
    topology: {
      spec: { network: "docker0", hosts: pods(2) },
      edits: [
        {
          at: "host01",
          do: "nat",
          where: "first",
          rule: { chain: "POSTROUTING", match: {}, action: { kind: "snat", to: "10.240.1.2" } },
        },
        { at: "host01/db", do: "route", route: { destination: "172.17.0.0/17", via: "172.17.0.1", dev: "eth0" } },
      ],
    },
    asks: ["tcp host01/web -> host01/db:8080", "udp host01/web -> host01/db:8080", "icmp host01/web -> host01/db"],
  },
];
