import { goesAsModelled, sees, stays, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const ADDRESS = "ip -4 -o address show eth0";
const NOTE = "sed -n 1p /var/lib/cni/networks/podlab/192.168.20.2";

export const cni: Scenario = {
  name: "cni",
  shows: "the routed lab wired by CNI plugins, as kubelet's runtime does it: bridge and host-local",
  steps: [
    {
      name: "plugged in",
      say: "The engine gives the pod nothing but lo; the plugin `bridge` brings eth0, `host-local` keeps the addresses.",
      claims: [
        tells(
          "the engine has no network for the pod",
          "host01",
          "docker inspect -f {{.HostConfig.NetworkMode}} web.pause",
          /^none$/,
        ),
        tells("it still has eth0", "host01/web:app", ADDRESS, "192.168.20.2/24"),
        tells("host-local wrote down whose 192.168.20.2 is", "host01", NOTE, /^web\s*$/),
        tells("its veth is a port of cbr0", "host01", 'ip -o link show master cbr0 | grep -c " veth"', /^2$/),
        tells("asked by CHECK, the plugins find all as they left it", "host01", "podlab-cni check web", /^$/),
        goesAsModelled("captured, a packet goes just the way it goes in `routed`", "host01/web", "host02/web"),
      ],
    },
    {
      name: "pause killed",
      say: "Pause dies and the pod lives on: its apps hold the namespace, and nobody asks the plugins to take eth0 away.",
      fault: "pause-kill host01/web",
      claims: [
        sees("the pod answers as before", "icmp host01/db -> host01/web", { outcome: "ok" }),
        tells("its eth0 is where it was", "host01/web:app", ADDRESS, "192.168.20.2/24"),
        tells("though pause is dead", "host01", "docker inspect -f {{.State.Status}} web.pause", /^exited$/),
      ],
      healed: [
        tells("in its new namespace the pod has its old address", "host01/web:app", ADDRESS, "192.168.20.2/24"),
        stays("and its old MAC address", "host01/web:app", "cat /sys/class/net/eth0/address"),
        tells("host-local has one note of it", "host01", NOTE, /^web\s*$/),
        tells("the old namespace's veth is gone", "host01", 'ip -o link show master cbr0 | grep -c " veth"', /^2$/),
      ],
    },
    {
      name: "host restarted",
      say: "A host that starts again has new namespaces for all pods; its agent runs the plugins again, with nobody's help.",
      fault: "host-stop host01",
      watch: { from: "host02/web", to: "host01/web" },
      healed: [stays("the pod has its old address", "host01", NOTE)],
    },
    {
      name: "engine killed",
      say: "The engine has no part in the pods' network: killed, it comes back, and no packet is lost.",
      fault: "engine-kill host01",
      watch: { from: "host02/web", to: "host01/web", uninterrupted: true },
    },
  ],
};
