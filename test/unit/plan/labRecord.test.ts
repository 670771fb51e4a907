/** What the router keeps of a lab: enough to plan it again, and nothing that is for its hosts alone. */
import { expect, test } from "vitest";
import { type LabRecord, recordText } from "../../../infra/plan/labRecord.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab, readSpec } from "../../../infra/spec/read.ts";

const containers = [{ name: "app", image: "x", env: { TOKEN: "hush-hush" }, ports: [{ containerPort: 80 }] }];
const hosts = [{ name: "a", pods: [{ name: "web", labels: { env: "prod" }, containers }, { name: "db" }] }];

test.each([
  ["of a number of hosts", { hosts: 1, containers }],
  [
    "of hosts with pods of their own",
    { hosts, services: [{ name: "s", ports: [{ port: 80 }], selector: { env: "prod" } }] },
  ],
])("a record %s plans the same lab, but for values of env", (_, input) => {
  const spec = readSpec(input);
  const plan = planLab(readLab(spec, "lab"));
  const text = recordText("lab", spec);
  expect(text).not.toContain("hush-hush");
  const record = JSON.parse(text) as LabRecord;
  const without = JSON.parse(JSON.stringify(plan).replaceAll('{"TOKEN":"hush-hush"}', "{}"));
  expect(JSON.parse(JSON.stringify(planLab(readLab(record.spec, "lab"))))).toEqual(without);
});

test("an image that is told by its digest has a tag inside a host", () => {
  const digest = "a".repeat(64);
  const images = [`nginx@sha256:${digest}`, `registry:5000/x/y:1.2@sha256:${digest}`, "registry:5000/x:1"];
  const spec = { hosts: 1, podsPerHost: 1, containers: images.map((image, at) => ({ name: `c${at}`, image })) };
  const host = nodeStates(planLab(readLab(spec, "lab"))).get("host01")!;
  const names = [`nginx:sha256-${digest}`, `registry:5000/x/y:sha256-${digest}`, "registry:5000/x:1"];
  expect(Object.values(host.pods.pod1!.containers).map(({ image }) => image)).toEqual(names);
  expect(host.engine!.images).toEqual(Object.fromEntries(names.map((name, at) => [name, images[at]])));
});
