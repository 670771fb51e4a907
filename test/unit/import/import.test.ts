/** A cluster's manifests, as kubectl prints them, become a lab in which the same pods reach each other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { importLab } from "../../../lab-scripts/import/lab.ts";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const TEXT = readFileSync(join(import.meta.dirname, "cluster.yaml"), "utf8");

function imported(...texts: string[]) {
  const { text, notes } = importLab(
    texts.map((one, at) => ({ place: `${at}.yaml`, text: one })),
    "imported",
  );
  return { notes, ...labOf({ stack: "imported", place: "imported.yaml", text }) };
}

const { plan, lab, notes } = imported(TEXT);
const network = new Network(plan.netns);
const outcome = (from: string, address: string, port: number): string =>
  walk(network, { from, to: address, protocol: "tcp", port }).outcome;

const POD = {
  web1: { id: "kind-worker/web-6d8f5c7b9d-4xk2v", address: "10.244.1.12" },
  web2: { id: "kind-worker2/web-6d8f5c7b9d-p9q7z", address: "10.244.2.7" },
  batch: { id: "kind-worker2/batch-29391840-w5hjd", address: "10.244.2.8" },
  db: { id: "kind-worker/db-0", address: "10.244.1.20" },
  cache: { id: "kind-worker2/cache-0", address: "10.244.2.30" },
  prometheus: { id: "kind-worker2/prometheus-0", address: "10.244.2.40" },
};

test("nodes, pods and services keep their names and addresses", () => {
  expect(lab.hosts.map(({ name, podSubnet }) => [name, String(podSubnet)])).toEqual([
    ["kind-worker", "10.244.1.0/24"],
    ["kind-worker2", "10.244.2.0/24"],
  ]);
  expect(plan.pods.map(({ id, address }) => [id, address]).sort()).toEqual(
    Object.values(POD)
      .map(({ id, address }) => [id, address])
      .sort(),
  );
  expect(lab.services.map(({ name, clusterIP, endpoints }) => [name, clusterIP, endpoints])).toEqual([
    ["web", "10.96.44.10", [POD.web1.id, POD.web2.id]],
    ["legacy-db", "10.96.7.9", [POD.db.id]],
  ]);
  expect(lab.namespaces).toMatchObject({ shop: { team: "web" }, data: {}, monitoring: { purpose: "scrape" } });
  expect(lab.policies.map(({ name }) => name)).toEqual([
    "default-deny",
    "web-from-anywhere",
    "db-for-web",
    "cache-asks-nobody",
  ]);
});

test("the same pods reach each other as in the cluster", () => {
  expect(outcome(POD.prometheus.id, POD.web1.address, 80)).toBe("ok");
  // Excepted from the ipBlock of the policy.
  expect(outcome(POD.batch.id, POD.web1.address, 80)).toBe("timeout");
  // Closed by default-deny.
  expect(outcome(POD.web1.id, POD.batch.address, 8080)).toBe("timeout");
  expect(outcome(POD.web1.id, POD.db.address, 5432)).toBe("ok");
  expect(outcome(POD.web2.id, POD.db.address, 5432)).toBe("ok");
  expect(outcome(POD.web1.id, POD.db.address, 9187)).toBe("timeout");
  expect(outcome(POD.batch.id, POD.db.address, 5432)).toBe("timeout");
  expect(outcome(POD.prometheus.id, POD.db.address, 9187)).toBe("ok");
  expect(outcome(POD.prometheus.id, POD.db.address, 5432)).toBe("timeout");
  expect(outcome(POD.prometheus.id, POD.cache.address, 6379)).toBe("ok");
  expect(outcome(POD.cache.id, POD.prometheus.address, 9090)).toBe("timeout");
  // By the services: of endpoints that a slice names, at its port.
  expect(outcome(POD.prometheus.id, "10.96.44.10", 80)).toBe("ok");
  expect(outcome(POD.web2.id, "10.96.7.9", 3306)).toBe("ok");
  expect(outcome(POD.batch.id, "10.96.7.9", 3306)).toBe("timeout");
});

test("it says what it changed, item by item, and nothing else", () => {
  expect(notes).toEqual([
    "pod shop/web-6d8f5c7b9d-4xk2v: container web: podlab's server listens at 80 instead of image nginx:1.29",
    "pod shop/web-6d8f5c7b9d-p9q7z: container web: podlab's server listens at 80 instead of image nginx:1.29",
    "pod shop/batch-29391840-w5hjd: names no ports; podlab's server listens at 8080",
    "pod shop/batch-29391840-w5hjd: container batch: podlab's server listens at 8080 instead of image busybox:1.36",
    "pod data/db-0: container db: podlab's server listens at 5432, 9187 instead of image postgres:18",
    "pod data/cache-0: container cache: podlab's server listens at 6379 instead of image valkey/valkey:9",
    "pod monitoring/prometheus-0: container prometheus: podlab's server listens at 9090 instead of image prom/prometheus:v3.7.0",
  ]);
});

test("JSON, several documents and several files are the same lab", () => {
  const { items } = parse(TEXT) as { items: { kind: string }[] };
  const json = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const documents = items.map((one) => stringify(one)).join("---\n");
  // As the API itself lists them, each without its kind.
  const pods = items
    .filter(({ kind }) => kind === "Pod")
    .map((one) => ({ ...one, kind: undefined, apiVersion: undefined }));
  const podList = { apiVersion: "v1", kind: "PodList", items: pods };
  const rest = { apiVersion: "v1", kind: "List", items: items.filter(({ kind }) => kind !== "Pod") };
  for (const texts of [[json], [documents], [stringify(podList), JSON.stringify(rest)]]) {
    expect(imported(...texts).plan).toEqual(plan);
  }
});

test("what is no YAML, no manifest, or holds no node ends with exit code 3", () => {
  const bad = (text: string) => () => imported(text);
  expect(bad("a: [")).toThrow(
    expect.objectContaining({ exitCode: 3, message: expect.stringMatching(/0\.yaml is no YAML/) }),
  );
  expect(bad("just text")).toThrow(
    expect.objectContaining({ exitCode: 3, message: expect.stringMatching(/no Kubernetes/) }),
  );
  expect(bad("")).toThrow(expect.objectContaining({ exitCode: 3, message: expect.stringMatching(/neither a Node/) }));
});

test("a lab that podlab can't have ends with its problems", () => {
  const nodes = Array.from({ length: 1001 }, (_, n) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `n${n}` },
  }));
  expect(() => imported(JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes }))).toThrow(/hosts is too long/);
});
