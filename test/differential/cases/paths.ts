import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "a router that stays silent is one hop of a path that gets to its end",
    found:
      "the model cut silent routers off every path; how many there are is known once the target behind them answers",
    topology: { spec: { network: "overlay", hosts: pods(1, 0) }, edits: [] },
    asks: ["path host01/web -> host02"],
  },
  {
    name: "a path that the sender's own kernel refuses has no hops",
    found: "the prober told no hops at all instead of none, which is another thing",
    topology: { spec: { hosts: pods(1, 0) }, edits: [] },
    asks: ["path internet -> host01", "path internet -> host01/web"],
  },
  {
    name: "a path that ends at a neighbour who is not there is a no-route",
    found: "the prober gave up before the kernel did, after three seconds, and called it silence",
    topology: { spec: { hosts: pods(1, 0) }, edits: [] },
    asks: ["path internet -> 203.0.113.253", "path host01/web -> 10.240.1.77", "path router -> 10.240.2.77"],
  },
  {
    name: "a path names who sent the error at its end",
    found: "the model did not say who",
    topology: {
      spec: { hosts: pods(1, 1) },
      edits: [{ at: "router", do: "remove-route", destination: "192.168.2.0/24" }],
    },
    asks: ["path host01/web -> host02/web"],
  },
  {
    name: "a path that the sender's own rule stops is silent",
    found: "the prober took EPERM for an error of its own",
    topology: {
      spec: { hosts: pods(1) },
      edits: [
        { at: "host01/web", do: "filter", rule: { chain: "OUTPUT", match: { protocol: "icmp" }, action: "reject" } },
      ],
    },
    asks: ["path host01/web -> internet", "path host01/web -> host01"],
  },
  {
    name: "round in a circle past somebody who stays silent",
    found: "the model called it ttl-exceeded, whoever the last to be asked was",
    topology: {
      spec: { network: "docker0", hosts: pods(1), nonMasqueradeCidrs: [] },
      edits: [
        { at: "host01", do: "route", route: { destination: "203.0.113.10/32", via: "172.17.0.2", dev: "docker0" } },
        {
          at: "host01/web",
          do: "nat",
          where: "first",
          rule: { chain: "POSTROUTING", match: {}, action: { kind: "masquerade" } },
        },
      ],
    },
    asks: ["path host01/web -> internet", "path host01 -> internet", "icmp host01 -> internet"],
  },
];
