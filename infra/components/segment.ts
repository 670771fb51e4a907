/** A layer-2 network of the machine that joins a node to the router, without an address of the machine on it. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { LABEL } from "../model/names.ts";
import type { SegmentPlan } from "../model/plan.ts";

export class Segment extends pulumi.ComponentResource {
  readonly network: docker.Network;

  constructor(
    { lab, plan, anew }: { lab: string; plan: SegmentPlan; anew: boolean },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("podlab:lab:Segment", plan.name, {}, opts);
    this.network = new docker.Network(
      plan.name,
      {
        name: plan.network,
        driver: "bridge",
        labels: [
          { label: LABEL.lab, value: lab },
          { label: LABEL.role, value: "segment" },
          { label: LABEL.made, value: new Date().toISOString() },
        ],
        options: {
          // No address of the machine, no NAT by the machine: nothing of the lab can leave by its uplink.
          // (An --internal network would not do: it drops addresses that are routed rather than on the link.)
          "com.docker.network.bridge.inhibit_ipv4": "true",
          "com.docker.network.bridge.enable_ip_masquerade": "false",
          // Since 28, Docker drops packets for a container's address that come from another bridge, such as another segment's.
          // In this mode it does not. Older engines ignore the option.
          "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected",
          "com.docker.network.bridge.gateway_mode_ipv6": "nat-unprotected",
        },
        ipamConfigs: [{ subnet: plan.subnet, gateway: plan.reserved }],
      },
      { parent: this, deleteBeforeReplace: true, ignoreChanges: anew ? [] : ["labels"] },
    );
    this.registerOutputs({});
  }
}
