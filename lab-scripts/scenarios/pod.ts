import { agree, fails, stays, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const MAC = "cat /sys/class/net/eth0/address";
const ADDRESS = "hostname -i";

export const pod: Scenario = {
  name: "pod",
  shows: "what a pod is: containers that share the network namespace of a pause container, for as long as it lives",
  steps: [
    {
      name: "shared",
      say: "All containers of a pod have one address and one set of interfaces; the port tells them apart.",
      claims: [
        agree("app and sidecar have one interface with one MAC address", MAC, ["host01/web:app", "host01/web:sidecar"]),
        agree("app and sidecar have one address", ADDRESS, ["host01/web:app", "host01/web:sidecar"]),
        tells(
          "app reaches sidecar at localhost, on sidecar's port",
          "host01/web:app",
          "wget -qO- http://127.0.0.1:9090",
          "host01/web:sidecar",
        ),
        tells(
          "at the pod's address each port is another container's: 8080",
          "host01",
          "curl -s http://192.168.20.2:8080",
          "host01/web:app",
        ),
        tells("and 9090", "host01", "curl -s http://192.168.20.2:9090", "host01/web:sidecar"),
        fails(
          "a second container on port 8080 of the pod can't start",
          "host01",
          "docker run --rm --network container:web.pause podlab/pod serve 8080",
          /address (already )?in use/i,
        ),
      ],
    },
    {
      name: "app restarted",
      say: "An app container may restart: the pod keeps its address, its MAC and every ping, because pause holds them.",
      fault: "container-restart host01/web:app",
      watch: { from: "host01/db", to: "host01/web", uninterrupted: true },
      claims: [
        stays("the address is the same", "host01/web:app", ADDRESS),
        stays("the MAC address is the same", "host01/web:app", MAC),
      ],
    },
    {
      name: "app's own gap",
      say: "Only the restarted app itself was away for a moment: its port is silent until its server listens again.",
      fault: "container-restart host01/web:app",
      watch: { from: "host01/db", to: "host01/web", port: 8080 },
    },
    {
      name: "pause killed",
      say: "When pause dies the pod is off the network, although its app still runs; healed, it has its old address.",
      fault: "pause-kill host01/web",
      watch: { from: "host01/db", to: "host01/web" },
      claims: [
        tells("the app still runs", "host01", "docker inspect -f {{.State.Status}} web.app", /^running$/),
        tells("and serves, to itself", "host01/web:app", "wget -qO- http://127.0.0.1:8080", "host01/web:app"),
        tells("it has no interface but lo", "host01/web:app", "ls /sys/class/net", /^lo$/),
        fails("and reaches nobody", "host01/web:app", "ping -c 1 -W 2 192.168.20.3", /unreachable/i),
      ],
      healed: [
        stays("the address is the same", "host01/web:app", ADDRESS),
        stays("the MAC address is the same", "host01/web:app", MAC),
      ],
    },
    {
      name: "engine killed",
      say: "Docker's engine only starts pods; killed, it comes back by itself, and no packet of a pod is lost.",
      fault: "engine-kill host01",
      watch: { from: "host01/db", to: "host01/web", uninterrupted: true },
    },
  ],
};
