import { expect, test } from "vitest";
import { masqueraded } from "../../../infra/machine/bridgeFirewall.ts";
import type { MachineNetwork } from "../../../infra/machine/inventory.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

const network = (subnet: string, changes: Partial<MachineNetwork> = {}): MachineNetwork => ({
  id: "id",
  name: "somebodys",
  lab: "",
  stack: "",
  role: "",
  owner: "",
  spec: "",
  masquerades: true,
  hasRule: false,
  subnets: [subnet],
  ...changes,
});

function told(spec: object, networks: readonly MachineNetwork[], families: readonly (4 | 6)[] = [4, 6]) {
  const written = { hosts: 2, ...spec };
  const lab = readLab(written, "lab");
  return masqueraded(lab, written.hosts, planLab(lab), networks, families);
}

test("a Docker network with pods' addresses is named, where packets were seen and what would do", () => {
  expect(told({}, [network("192.168.0.0/20"), network("192.168.16.0/20")])).toEqual([
    {
      path: "podCidr",
      message:
        "Docker network somebodys (192.168.0.0/20) masquerades what host01/pod1 (192.168.1.2) sends over host01-net, for this machine's " +
        "bridges call its firewall (bridge-nf-call-iptables is 1); remove it (docker network rm somebodys), or choose 10.0.0.0/16",
      instead: "10.0.0.0/16",
    },
  ]);
});

test("where hosts have pod subnets of their own, others are proposed that do together", () => {
  const hosts = ["192.168.20.0/24", "192.168.30.0/24", "192.168.40.0/24"].map((podSubnet, at) => ({
    name: `h${at}`,
    podSubnet,
  }));
  const found = told({ hosts }, [network("192.168.16.0/20")]);
  expect(found.map(({ path, instead }) => [path, instead])).toEqual([
    ["hosts[0].podSubnet", "10.0.0.0/24"],
    ["hosts[1].podSubnet", "10.0.1.0/24"],
  ]);
  const mended = hosts.map((host, at) => ({ ...host, podSubnet: found[at]?.instead ?? host.podSubnet }));
  expect(told({ hosts: mended }, [network("192.168.16.0/20")])).toEqual([]);
});

test("one of IPv6, too", () => {
  const fixed = { ipv6: "fd00:1:2::/48" };
  expect(told(fixed, [network("fd00:1:2::/48")])).toMatchObject([
    { path: "ipv6", message: expect.stringContaining("bridge-nf-call-ip6tables is 1") },
  ]);
});

test.each([
  ["that does not masquerade", {}, network("192.168.0.0/20", { masquerades: false }), [4]],
  ["of which no frame passes the firewall", {}, network("192.168.0.0/20"), [6]],
  ["of the lab itself", {}, network("192.168.0.0/20", { lab: "lab" }), [4]],
  ["in a lab whose hosts masquerade their pods", { network: "docker0" }, network("172.17.0.0/16"), [4]],
  ["beside the pods'", {}, network("192.168.16.0/20"), [4]],
] as const)("one %s is nobody's problem", (_, spec, other, families) => {
  expect(told(spec, [other], families)).toEqual([]);
});
