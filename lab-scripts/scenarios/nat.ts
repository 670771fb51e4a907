import type { LabSpec } from "../../infra/spec/spec.ts";
import { fails, goesAsModelled, sees } from "./claims.ts";
import type { Scenario } from "./scenario.ts";

const exempting =
  (nonMasqueradeCidrs: string[] | undefined) =>
  (written: LabSpec): LabSpec => {
    const { nonMasqueradeCidrs: _, ...rest } = written;
    return nonMasqueradeCidrs === undefined ? rest : { ...rest, nonMasqueradeCidrs };
  };

const podCidrExempt = exempting(["192.168.0.0/16"]);
const privateExempt = exempting(undefined);
const routerWithoutNat = (written: LabSpec): LabSpec => ({ ...written, router: { masquerade: false } });

const POD_TO_POD = "tcp host01/web -> host02/web:8080";

export const nat: Scenario = {
  name: "nat",
  shows: "ip-masq-agent: nonMasqueradeCidrs decide which destinations see a pod's own address",
  steps: [
    {
      name: "nothing exempt",
      say: "With nothing exempt a host hides its pods from everybody: pods reach each other, and none knows who is calling.",
      claims: [
        sees("the target pod sees host01", POD_TO_POD, { outcome: "ok", sourceSeen: "10.244.1.2" }),
        sees("within a host nothing is hidden, for nothing leaves it", "tcp host01/web -> host01/db:8080", {
          sourceSeen: "192.168.20.2",
        }),
        goesAsModelled("captured, the source changes where the packet leaves host01", "host01/web", "host02/web"),
      ],
    },
    {
      name: "pod CIDR exempt",
      say: "With the pods' range exempt pods see each other as they are; hosts and the internet see a host.",
      spec: podCidrExempt,
      claims: [
        sees("the target pod sees the pod", POD_TO_POD, { outcome: "ok", sourceSeen: "192.168.20.2" }),
        goesAsModelled("a packet to host02 itself leaves host01 with host01's address", "host01/web", "host02"),
      ],
    },
    {
      name: "private exempt",
      say: "With all private ranges exempt, ip-masq-agent's default, hosts see pods as well; only the internet does not.",
      spec: privateExempt,
      claims: [
        sees("the target pod sees the pod", POD_TO_POD, { outcome: "ok", sourceSeen: "192.168.20.2" }),
        goesAsModelled("a packet to host02 itself keeps the pod's address", "host01/web", "host02"),
        sees("the internet sees the router", "tcp host01/web -> internet:80", { sourceSeen: "198.51.100.65" }),
      ],
    },
    {
      name: "rules flushed",
      say: "When the router's rules are gone it sends private addresses to the internet, which can't answer them.",
      fault: "nat-flush router",
      claims: [sees("silence", "tcp host01/web -> internet:80", { outcome: "timeout" })],
    },
    {
      name: "router without NAT",
      say: "A router that never masquerades: the question arrives at the internet, and its answer finds no way back.",
      spec: routerWithoutNat,
      claims: [
        sees("silence for the pod", "tcp host01/web -> internet:80", { outcome: "timeout" }),
        goesAsModelled("captured, the question does arrive", "host01/web", "internet"),
        fails("but the internet knows no way back to host01", "internet", "ip route get 10.244.1.2", /unreachable/i),
      ],
    },
  ],
};
