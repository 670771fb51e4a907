import { agree, sees, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

export const docker0: Scenario = {
  name: "docker0",
  shows: "several hosts as Docker leaves them: the same addresses everywhere, so nobody can say which pod is meant",
  steps: [
    {
      name: "the same twice",
      say: "Every host has a docker0 172.17.0.1 and gives its first pod 172.17.0.2, so an address says nothing of the host.",
      claims: [
        agree("docker0 has one and the same address on both hosts", "ip -4 -br address show docker0", [
          "host01",
          "host02",
        ]),
        agree("pod web has one and the same address on both hosts", "hostname -i", [
          "host01/web:app",
          "host02/web:app",
        ]),
        tells(
          "whom host01 asks at 172.17.0.2 is its own pod",
          "host01",
          "curl -s http://172.17.0.2:8080",
          "host01/web:app",
        ),
        tells(
          "whom host02 asks at 172.17.0.2 is its own pod",
          "host02",
          "curl -s http://172.17.0.2:8080",
          "host02/web:app",
        ),
        sees("a packet from host01 that was meant for host02's pod ends at host01's", "tcp host01 -> host02/web:8080", {
          outcome: "ok",
          identity: "host01/web:app",
        }),
      ],
    },
    {
      name: "one route",
      say: "The router could help, but its table holds one route to 172.17.0.0/16: the first host's.",
      claims: [
        tells(
          "the router knows one way to 172.17.0.0/16",
          "router",
          "ip route show 172.17.0.0/16",
          /^\S+ via \S+ dev \S+\s*$/,
        ),
        tells(
          "whom the router asks at 172.17.0.2 is host01's pod; host02's can't be had",
          "router",
          "curl -s http://172.17.0.2:8080",
          "host01/web:app",
        ),
      ],
    },
    {
      name: "outbound",
      say: "Pods reach the internet all the same, because Docker masquerades: nobody out there ever sees a pod.",
      claims: [
        sees("the internet sees the router", "tcp host01/web -> internet:80", { sourceSeen: "198.51.100.33" }),
        sees("from host02, too", "tcp host02/web -> internet:80", { sourceSeen: "198.51.100.33" }),
      ],
    },
    {
      name: "no masquerade",
      say: "Without Docker's masquerade on host02, answers to its pods are sent to host01, for that is where the one route leads.",
      fault: "nat-flush host02",
      claims: [
        sees("host02's pod hears nothing from the internet", "tcp host02/web -> internet:80", { outcome: "timeout" }),
      ],
    },
  ],
};
