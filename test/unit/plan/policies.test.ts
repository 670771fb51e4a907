/** Policies: who is let through, who is dropped, who is told. */
import { describe, expect, it, test } from "vitest";
import { expectations } from "../../../infra/expect/expectations.ts";
import { describeLoss } from "../../../infra/packet/describe.ts";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { chainSuffix } from "../../../infra/plan/policies.ts";
import { Subnet } from "../../../infra/spec/address.ts";
import { SpecError } from "../../../infra/spec/problem.ts";
import { readLab } from "../../../infra/spec/read.ts";

const labelled = (name: string) => ({ name, labels: { app: name } });
const HOSTS = [
  { name: "host01", podSubnet: "192.168.20.0/24", pods: ["web", "client"].map(labelled) },
  { name: "host02", podSubnet: "192.168.30.0/24", pods: ["db", "stranger"].map(labelled) },
];

const planOf = (...policies: object[]) => {
  const spec = { hosts: HOSTS, policies };
  return planLab(readLab(spec, "policies"));
};
const outcomes = (plan: ReturnType<typeof planOf>, ...ids: string[]) => {
  const all = new Map(expectations(plan).expectations.map((one) => [one.id, one.expected.outcome]));
  return ids.map((id) => all.get(id));
};
const of = (app: string) => ({ podSelector: { app } });

describe("a pod that a policy is for", () => {
  const ingress = [{ from: [of("client")], ports: [{ port: 8080 }] }];

  it("is closed but for what is allowed: by whom, by which protocol, to which port", () => {
    const plan = planOf({ name: "web", ...of("web"), ingress });
    expect(
      outcomes(
        plan,
        "tcp host01/client -> host01/web:8080",
        "udp host01/client -> host01/web:8080",
        "tcp host01/client -> host01/web:9090",
        "icmp host01/client -> host01/web",
        "tcp host02/db -> host01/web:8080",
        "tcp host02/db -> host01/client:8080",
      ),
    ).toEqual(["ok", "timeout", "timeout", "timeout", "timeout", "ok"]);
  });

  it("may still ask others, and is answered", () => {
    expect(outcomes(planOf({ name: "web", ...of("web"), ingress }), "tcp host01/web -> host02/db:8080")).toEqual([
      "ok",
    ]);
  });

  it("has what any of its policies allows", () => {
    const plan = planOf({ name: "none", podSelector: {} }, { name: "some", ...of("web"), ingress });
    expect(outcomes(plan, "tcp host01/client -> host01/web:8080", "tcp host01/web -> host01/client:8080")).toEqual([
      "ok",
      "timeout",
    ]);
  });

  it("is refused for where a policy says so, by its own host", () => {
    const plan = planOf({ name: "db", ...of("db"), action: "reject" });
    const asked = { to: "192.168.30.2", protocol: "tcp", port: 8080 } as const;
    const network = new Network(plan.netns);
    // The host of both speaks with its bridge's address, to other hosts' pods with that of its uplink.
    expect(walk(network, { from: "host02/stranger", ...asked })).toMatchObject({
      outcome: "refused",
      icmpFrom: "192.168.30.1",
    });
    expect(walk(network, { from: "host01/web", ...asked })).toMatchObject({
      outcome: "refused",
      icmpFrom: "10.240.2.2",
    });
  });

  it("is told of with the names of its policies", () => {
    const plan = planOf({ name: "none", podSelector: {} }, { name: "some", ...of("web"), ingress });
    const lost = walk(new Network(plan.netns), { from: "host02/db", to: "192.168.20.2", protocol: "tcp", port: 8080 });
    expect(describeLoss(lost)).toContain(
      "dropped by host01 filter FORWARD PODLAB-TO-web of none, some (-d 192.168.20.2 -j DROP)",
    );
  });

  it("is always reached by its own host, and reaches it; by no other host", () => {
    const plan = planOf({ name: "none", podSelector: {}, policyTypes: ["ingress", "egress"] });
    expect(
      outcomes(
        plan,
        "tcp host01 -> host01/web:8080",
        "icmp host01/web -> host01",
        "tcp host02 -> host01/web:8080",
        "icmp host01/web -> host02",
      ),
    ).toEqual(["ok", "ok", "timeout", "timeout"]);
  });
});

describe("egress", () => {
  it("is closed by rules for it, or by name", () => {
    const plan = planOf(
      { name: "client", ...of("client"), policyTypes: ["egress"], egress: [{ to: [of("web")] }] },
      { name: "db", ...of("db"), policyTypes: ["egress"] },
    );
    expect(
      outcomes(
        plan,
        "tcp host01/client -> host01/web:8080",
        "tcp host01/client -> host02/db:8080",
        "tcp host01/web -> host01/client:8080",
        "tcp host02/db -> host02/stranger:8080",
      ),
    ).toEqual(["ok", "timeout", "ok", "timeout"]);
  });

  it("is asked for a service's endpoint, not for its address", () => {
    const spec = {
      hosts: HOSTS,
      services: [{ name: "web", port: 80, targetPort: 8080, selector: { app: "web" } }],
      policies: [
        {
          name: "client",
          ...of("client"),
          policyTypes: ["egress"],
          egress: [{ to: [of("web")], ports: [{ port: 8080 }] }],
        },
      ],
    };
    const plan = planLab(readLab(spec, "policies"));
    expect(outcomes(plan, "tcp host01/client -> svc/web:80", "udp host01/client -> svc/web:80")).toEqual([
      "ok",
      "timeout",
    ]);
  });
});

describe("a range", () => {
  it("is allowed without what is excepted, as the fewest subnets that are just that", () => {
    const plan = planOf({
      name: "web",
      ...of("web"),
      ingress: [{ from: [{ cidr: "192.168.0.0/16", except: ["192.168.30.2/32"] }] }],
    });
    expect(outcomes(plan, "tcp host02/db -> host01/web:8080", "tcp host02/stranger -> host01/web:8080")).toEqual([
      "timeout",
      "ok",
    ]);
    expect(
      new Subnet("10.0.0.0/8").without([new Subnet("10.128.0.0/9"), new Subnet("10.0.0.0/10")]).map(String),
    ).toEqual(["10.64.0.0/10"]);
    expect(new Subnet("10.0.0.0/8").without([new Subnet("10.0.0.0/8")])).toEqual([]);
  });
});

describe("a plan", () => {
  it("has chains for each pod that is closed, on its host, and none elsewhere", () => {
    const plan = planOf({
      name: "web",
      ...of("web"),
      ingress: [{ from: [of("client")], ports: [{ port: 8080 }, { port: 53, protocol: "udp" }] }],
    });
    const filters = [...nodeStates(plan)].flatMap(([name, { kernel }]) => {
      return kernel.iptables.filter ? [[name, kernel.iptables.filter]] : [];
    });
    expect(filters).toEqual([
      [
        "host01",
        {
          FORWARD: ["-j PODLAB-POLICY"],
          "PODLAB-POLICY": ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-j PODLAB-FROM", "-j PODLAB-TO"],
          "PODLAB-FROM": [],
          "PODLAB-TO": ["-d 192.168.20.2/32 -j PODLAB-TO-web"],
          "PODLAB-TO-web": [
            "-s 192.168.20.3/32 -p tcp -m tcp --dport 8080 -j RETURN",
            "-s 192.168.20.3/32 -p udp -m udp --dport 53 -j RETURN",
            "-j DROP",
          ],
        },
      ],
    ]);
  });
});

test("a chain's name holds 28 characters: long names are cut, and still told apart", () => {
  const long = "a-pod-whose-name-is-as-long-as-may-be";
  expect(chainSuffix("web")).toBe("web");
  expect(chainSuffix(long)).toMatch(/^a-pod-who-[0-9a-f]{6}$/);
  expect(chainSuffix(`${long}-2`)).not.toBe(chainSuffix(long));
});

describe("what can't be built", () => {
  const refused = (spec: object) => {
    try {
      readLab({ hosts: HOSTS, ...spec }, "policies");
    } catch (error) {
      if (error instanceof SpecError) return error.problems.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
    return [];
  };
  const web = { name: "web", podSelector: {} };

  it.each([
    ["two of a name", [web, web], /^policies\[1\]\.name web is taken by policies\[0\]/],
    [
      "an exception from elsewhere",
      [{ ...web, ingress: [{ from: [{ cidr: "10.0.0.0/8", except: ["11.0.0.0/8"] }] }] }],
      /^policies\[0\]\.ingress\[0\]\.from\[0\]\.except\[0\] 11\.0\.0\.0\/8 lies outside 10\.0\.0\.0\/8/,
    ],
    [
      "an exception of nothing",
      [{ ...web, ingress: [{ from: [{ podSelector: {}, except: ["11.0.0.0/8"] }] }] }],
      /^policies\[0\]\.ingress\[0\]\.from\[0\] has an except without a cidr/,
    ],
    [
      "a peer of two sorts",
      [{ ...web, egress: [{ to: [{ podSelector: {}, cidr: "10.0.0.0/8" }] }] }],
      /^policies\[0\]\.egress\[0\]\.to\[0\] has no podSelector and no cidr, or both/,
    ],
    [
      "rules for what is open",
      [{ ...web, policyTypes: ["ingress"], egress: [{}] }],
      /^policies\[0\]\.egress allows what is not closed, for policyTypes leaves egress out/,
    ],
    [
      "a policy for nothing",
      [{ ...web, policyTypes: [] }],
      /^policies\[0\]\.policyTypes is empty, so the policy is for nothing/,
    ],
    [
      "nobody to come from",
      [{ ...web, ingress: [{ from: [] }] }],
      /^policies\[0\]\.ingress\[0\]\.from is empty, which nobody fits/,
    ],
    ["another action", [{ ...web, action: "ignore" }], /^policies\[0\]\.action is no action; choose drop or reject/],
  ])("%s", (_, policies, message) => {
    expect(refused({ policies })).toEqual([expect.stringMatching(message)]);
  });

  it("policies that IPv6 would go past, or whose pods no address tells", () => {
    expect(refused({ policies: [web], ipv6: true })).toEqual([expect.stringMatching(/^policies hold for IPv4 only/)]);
    expect(refused({ policies: [web], network: "docker0", hosts: 2 })).toEqual([
      expect.stringMatching(/^policies can't be had with network docker0/),
    ]);
  });
});
