import type { LabSpec } from "../../infra/spec/spec.ts";
import { relabelled } from "./changes.ts";
import { fails, sees, tells } from "./claims.ts";
import type { Claim, Scenario } from "./scenario.ts";

const SERVICE = "10.96.0.1";
const OF_WEB = "spread host01/web -> svc/web:80";

/** host02/shop loses the label that the service chooses by. */
const withoutShop = relabelled("shop", { app: "retired" });

const masqueradeAll = (written: LabSpec): LabSpec => ({ ...withoutShop(written), masqueradeAll: true });

/** Asks the service often enough that each endpoint will have answered: one of three is missed by 40 once in ten million. */
const askOften = (address: string, port: number) =>
  `for n in $(seq 40); do wget -qO- http://${address}:${port}/; done | sed 's/,"clientPort.*//' | sort | uniq -c`;

/** The counts of a check of the matrix, shown; the check itself says whether they are chance. */
function shared(says: string, id: string, among: readonly string[]): Claim {
  return {
    says,
    differs({ report, show }) {
      const check = report.checks.find((one) => one.id === id);
      const { spread = {} } = check?.observed ?? {};
      show(
        `${id}: ${Object.entries(spread)
          .map(([name, count]) => `${name} ${count}`)
          .join(", ")}`,
      );
      const names = Object.keys(spread).sort();
      if (names.join() === [...among].sort().join()) return undefined;
      return `answers came from ${names.join(", ") || "nobody"}, where ${among.join(", ")} were claimed`;
    },
  };
}

/** From twenty ports to a node port by UDP, each time the same ones; prints who answers. */
const TWENTY_FLOWS = `python3 -c '${[
  "from socket import *; setdefaulttimeout(2); flows = [socket(AF_INET, SOCK_DGRAM) for _ in range(20)]",
  '[flow.bind(("", 41000 + at)) for at, flow in enumerate(flows)]',
  '[flow.sendto(b"?", ("10.250.1.2", 30080)) for flow in flows]; print(*(flow.recv(200).decode() for flow in flows))',
].join("; ")}'`;

export const services: Scenario = {
  name: "services",
  shows: "one address for several pods, which no interface has: every host translates it, by lot",
  steps: [
    {
      name: "nobody's address",
      say: "No interface has the service's address and no router knows a way there; a ping shows it.",
      claims: [
        tells("host01 has it nowhere", "host01", "ip -o address | grep -c 10[.]96 || true", /^0$/),
        fails("the router knows no way to it", "router", `ip route get ${SERVICE}`, /unreachable/i),
        tells("what host01 does know is a rule", "host01", "iptables -t nat -S PODLAB-SERVICES", SERVICE),
        sees("a ping finds no rule, goes to the router, and ends there", "icmp host01/client -> svc/web", {
          outcome: "no-route",
        }),
      ],
    },
    {
      name: "equal shares",
      say: "Each new connection draws its endpoint by lot, and each endpoint gets an equal share.",
      claims: [
        shared("600 connections: a third for each", OF_WEB, ["host01/web:app", "host02/web:app", "host02/shop:app"]),
        tells("the lots of the chain", "host01", "iptables -t nat -S PODLAB-SVC-web.http", "0.33333333349"),
      ],
    },
    {
      name: "hairpin",
      say: "A pod that draws itself sees its host's bridge as its client; any other endpoint sees the pod.",
      claims: [
        tells(
          "host01/web asks the service and answers itself",
          "host01/web:app",
          askOften(SERVICE, 80),
          /"server":"host01\/web:app","client":"192\.168\.20\.1"/,
        ),
        tells(
          "host02/web sees the pod",
          "host01/web:app",
          askOften(SERVICE, 80),
          /host02\/web:app","client":"192\.168\.20\.2"/,
        ),
      ],
    },
    {
      name: "node port",
      say: "From outside a port of any host leads there, too; the endpoint sees that host, so that its answer goes back by it.",
      claims: [
        tells(
          "asked at host01, host02's pod sees host01",
          "router",
          "for n in $(seq 40); do curl -s http://10.250.1.2:30080/; done | sort -u",
          /host02\/web:app","client":"10\.250\.1\.2"/,
        ),
        sees("the same number leads to another port of the service by UDP", "udp router -> host01:30080", {
          outcome: "ok",
        }),
        tells("of twenty flows of datagrams each keeps to its endpoint", "router", TWENTY_FLOWS, "host02/shop:app"),
      ],
    },
    {
      name: "no endpoint",
      say: "A service without endpoints refuses: its host's rule says so, and no packet leaves.",
      claims: [
        sees("refused by the host's bridge address", "tcp host01/client -> svc/nobody:80", { outcome: "refused" }),
      ],
    },
    {
      name: "endpoint removed",
      say: "Without its label host02/shop is no endpoint any more, and the others share what there is: one chain a host changes.",
      spec: withoutShop,
      claims: [
        shared("600 connections: a half for each", OF_WEB, ["host01/web:app", "host02/web:app"]),
        tells(
          "the flows of before have left it, with the same ports",
          "router",
          TWENTY_FLOWS,
          /^(?!.*host02\/shop).*host01\/web:app/s,
        ),
      ],
    },
    {
      name: "endpoint dead",
      say: "An endpoint that is dead stays one, for rules ask nobody's health: its share of the connections is refused.",
      fault: "container-kill host02/web:app",
      claims: [shared("one half is refused", OF_WEB, ["host01/web:app", "refused"])],
    },
    {
      name: "bridge unseen",
      say: "Without bridge-nf-call-iptables a pod answers its neighbour directly, from an address that was never asked.",
      fault: "bridge-netfilter-off host01",
      claims: [
        tells(
          "asking its neighbour through the service, host01/client never hears it",
          "host01/client:app",
          `for n in $(seq 10); do wget -T 1 -qO- http://${SERVICE}/ 2> /dev/null; done | grep -c host01/web || true`,
          /^0$/,
        ),
      ],
    },
    {
      name: "rules flushed",
      say: "With host01's NAT rules gone its pods send to the service's address itself, and the router has no way there.",
      fault: "nat-flush host01",
      claims: [
        sees("no route", "tcp host01/client -> svc/web:80", { outcome: "no-route" }),
        sees("host02's pods notice nothing", "tcp host02/shop -> svc/web:80", { outcome: "ok" }),
      ],
    },
    {
      name: "masquerade all",
      say: "With masqueradeAll, kube-proxy's option, endpoints see hosts only: no answer can go astray, and no pod knows its client.",
      spec: masqueradeAll,
      claims: [
        tells(
          "host02/web sees host01",
          "host01/client:app",
          askOften(SERVICE, 80),
          /host02\/web:app","client":"10\.250\.1\.2"/,
        ),
      ],
    },
  ],
};
