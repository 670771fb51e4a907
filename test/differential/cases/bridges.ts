import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "an answer whose masquerade is undone on the bridge needs forwarding",
    found: "the model bridged it whether or not the host forwards",
    topology: {
      spec: { hosts: pods(2), nonMasqueradeCidrs: [] },
      edits: [
        { at: "host01", do: "forwarding", on: false },
        { at: "host01", do: "bridge-netfilter", on: true },
      ],
    },
    asks: ["icmp host01/web -> host01/db", "tcp host01/web -> host01/db:8080", "udp-closed host01/web -> host01/db:1"],
  },
];
