import { relabelled } from "./changes.ts";
import { sees, tells } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

export const policy: Scenario = {
  name: "policy",
  shows: "who may speak to whom, by labels: a pod that a policy is for is closed, but for what is allowed",
  steps: [
    {
      name: "allowed",
      say: "client may ask web on one port, and web may ask db; what is allowed brings its answer with it.",
      claims: [
        sees("client reaches web", "tcp host01/client -> host01/web:8080", {
          outcome: "ok",
          sourceSeen: "192.168.20.3",
        }),
        sees("web reaches db on the other host", "tcp host01/web -> host02/db:8080", { outcome: "ok" }),
        sees("not the other way round: db may not ask web", "tcp host02/db -> host01/web:8080", { outcome: "timeout" }),
        sees("and no other port", "tcp host01/client -> host01/web:9090", { outcome: "timeout" }),
        tells("web's chain", "host01", "iptables -S PODLAB-TO-web", /-s 192\.168\.20\.3\/32 .*--dport 8080 -j RETURN/),
      ],
    },
    {
      name: "dropped, rejected",
      say: "What is dropped is never heard of again; what is rejected is refused by the pod's host in the pod's place.",
      claims: [
        sees("web's policy drops: stranger waits in vain", "tcp host02/stranger -> host01/web:8080", {
          outcome: "timeout",
        }),
        sees("db's rejects: stranger is refused by its host", "tcp host02/stranger -> host02/db:8080", {
          outcome: "refused",
          icmpFrom: "192.168.30.1",
        }),
      ],
    },
    {
      name: "a host and its pods",
      say: "A host reaches its own pods whatever their policies say, as in Kubernetes; any other host is a stranger to them.",
      claims: [
        sees("host01 reaches its web", "tcp host01 -> host01/web:8080", { outcome: "ok" }),
        sees("host02 does not", "tcp host02 -> host01/web:8080", { outcome: "timeout" }),
        sees("client, who may ask nobody but web, still reaches its own host", "icmp host01/client -> host01", {
          outcome: "ok",
        }),
        sees("and no other one", "icmp host01/client -> host02", { outcome: "timeout" }),
      ],
    },
    {
      name: "by label",
      say: "A label is all it takes: stranger, called client, may ask web, and from now on nobody else.",
      spec: relabelled("stranger", { app: "client" }),
      claims: [
        sees("stranger reaches web", "tcp host02/stranger -> host01/web:8080", { outcome: "ok" }),
        sees("its own policy now drops what it sends db", "tcp host02/stranger -> host02/db:8080", {
          outcome: "timeout",
        }),
      ],
    },
    {
      name: "bridge unseen",
      say: "Without bridge-nf-call-iptables neighbours on a bridge meet behind their policies.",
      fault: "bridge-netfilter-off host02",
      claims: [
        sees("stranger reaches db next door", "tcp host02/stranger -> host02/db:8080", { outcome: "ok" }),
        sees("what comes from another host is still refused", "tcp host01 -> host02/db:8080", { outcome: "refused" }),
      ],
    },
  ],
};
