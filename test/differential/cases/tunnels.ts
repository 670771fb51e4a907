import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "a peer behind an address of the host itself gets everything back",
    found: "the model dropped the frame as another's; the kernel hands it to its own tunnel, round and round",
    topology: {
      spec: { network: "overlay", hosts: pods(1, 1) },
      edits: [{ at: "host01", do: "address", interface: "cbr0", address: "10.240.2.2/32" }],
    },
    asks: [
      "icmp host01/web -> host02/web",
      "tcp-closed host01/web -> host02/web:1",
      "udp-closed host01 -> host02/web:1",
    ],
  },
  {
    name: "a route stays although its next hop became an address of the host itself",
    found: "the model had no such route, as none like it can be made",
    topology: {
      spec: { network: "overlay", hosts: pods(1, 1) },
      edits: [{ at: "host01", do: "address", interface: "cbr0", address: "192.168.2.0/32" }],
    },
    asks: ["icmp host01/web -> host02/web", "tcp host01 -> host02/web:8080", "icmp host01 -> host02"],
  },
  {
    name: "a tunnel whose peer is reached by the tunnel itself carries nothing",
    found:
      "the model wrapped the packet again and again; the kernel looks once where the outer one would go (udp_tunnel_dst_lookup)",
    topology: {
      spec: { network: "overlay", hosts: pods(1, 1, 1) },
      edits: [
        { at: "host01", do: "route", route: { destination: "10.240.2.0/29", via: "192.168.3.0", dev: "vxlan1" } },
      ],
    },
    asks: [
      "icmp host01/web -> host02/web",
      "tcp host01 -> host02/web:8080",
      "udp host02/web -> host01/web:8080",
      "icmp host01 -> host02",
    ],
  },
];
