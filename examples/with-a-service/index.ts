import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Lab } from "podlab";

const base = new pulumi.Config().get("base") ?? "busybox:1.37";

/** Your own service: its image is built before the lab that runs it. */
const site = new docker.RemoteImage("site", {
  name: "with-a-service/site:1",
  build: { context: "site", buildArgs: { BASE: base } },
});

const lab = new Lab("with-a-service", {
  hosts: [
    {
      name: "host01",
      pods: [{ name: "site", containers: [{ name: "site", image: site.name, ports: [{ containerPort: 8000 }] }] }],
    },
    { name: "host02", pods: [{ name: "client" }] },
  ],
});

export const { pods, passed, report } = lab;
