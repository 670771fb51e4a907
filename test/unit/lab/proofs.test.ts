import { expect, test } from "vitest";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";
import { plannedOf } from "../../../lab-scripts/lab/proofs.ts";
import { different } from "../../../lab-scripts/verify/proof.ts";

const web = { name: "web", labels: { app: "web" } };
const HOST = { name: "host01", pods: [web, { name: "client" }] };
const OTHER = { name: "host02", pods: [web] };
const SERVICES = { services: [{ name: "web", port: 80, targetPort: 8080, selector: { app: "web" } }] };

function planned(host: object, more: object) {
  const spec = { hosts: [host, OTHER], ...more };
  return plannedOf(planLab(readLab(spec, "proofs")));
}

const changed = (host: object, more: object = {}) => [...different(planned(HOST, more), planned(host, more))].sort();

const withPod = (pod: object) => ({ ...HOST, pods: [...HOST.pods, pod] });

test.each(["routed", "overlay", "bgp", "cni", "docker0"])("one pod more in a %s lab is that pod alone", (network) => {
  expect(changed(withPod({ name: "api" }), { network })).toEqual(["host01/api"]);
});

test("one pod more behind a service is every node that leads to it", () => {
  expect(changed(withPod({ ...web, name: "api" }), SERVICES)).toEqual(["host01", "host01/api", "host02"]);
  expect(changed(withPod({ name: "api" }), SERVICES)).toEqual(["host01/api"]);
});

test("a pod that is made from something else is its host, too", () => {
  const client = { name: "client", containers: [{ name: "app", port: 9090 }] };
  expect(changed({ ...HOST, pods: [web, client] })).toEqual(["host01", "host01/client"]);
});

test("a host with another way is that host, and the router that knows the way", () => {
  expect(changed({ ...HOST, podSubnet: "192.168.77.0/24" })).toEqual(expect.arrayContaining(["host01", "router"]));
});
