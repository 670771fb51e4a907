/** A container of the machine that plays a host, the router or the internet, with everything inside it. */
import type { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Condition } from "../machine/condition.ts";
import type { Observations } from "../machine/observe.ts";
import type { NodePlan } from "../plan/plan.ts";
import { needsLinks, waitsFor } from "../plan/unitOrder.ts";
import { LABEL } from "../spec/names.ts";
import { declareLink } from "./link.ts";
import type { Begun, Cable } from "./newNodes.ts";
import { declareUnit } from "./unit.ts";
import type { UnitFiles } from "./unitFiles.ts";

export interface NodeArgs {
  readonly lab: string;
  readonly plan: NodePlan;
  readonly image: pulumi.Input<string>;
  readonly observed: Observations;
  readonly condition: Condition;
  /** Whether it has to be made again (machine/inTheWay.ts). */
  readonly anew: boolean;
  readonly files: UnitFiles;
}

export class Node extends pulumi.ComponentResource {
  readonly container: docker.Container;
  readonly #args: NodeArgs;

  constructor(args: NodeArgs, opts: pulumi.ComponentResourceOptions) {
    const { role, name } = args.plan;
    super(`podlab:lab:${role.charAt(0).toUpperCase()}${role.slice(1)}`, name, {}, opts);
    this.#args = args;
    this.container = this.#container(args);
    this.registerOutputs({});
  }

  /** Plugs it into its segments. @param begun what of that, and of its units, is done already when the node is new */
  declareLinks(cables: readonly Cable[], begun: Begun): local.Command[] {
    const { container } = this;
    const { plan: node, condition } = this.#args;
    return cables.map((cable) => {
      const trouble = condition.get(`${node.name}/${cable.segment.name}`);
      return declareLink({ node, container, cable, plugged: begun.plugged(cable), trouble }, this);
    });
  }

  /** Declares what is inside. @param links what plugs the node in */
  declareUnits(links: readonly local.Command[], begun: Begun): local.Command[] {
    const { plan, observed, condition, files } = this.#args;
    const trouble = condition.get(plan.name);
    const declared = new Map<string, local.Command>();
    for (const unit of plan.units) {
      const before = plan.units
        .filter((earlier) => waitsFor(unit, earlier))
        .flatMap(({ name }) => declared.get(name) ?? []);
      const { container } = this;
      const path = files.write(plan, unit);
      const first = [...declared.values()].slice(0, 1);
      const command = declareUnit(
        {
          node: plan,
          container,
          unit,
          observed,
          first: first.length === 0,
          trouble,
          files: begun.applied(unit).then(() => path),
          // In a node that is paused nothing can be done before it goes on.
          after: [...(needsLinks(unit) ? links : []), ...before, ...(trouble ? first : [])],
        },
        this,
      );
      declared.set(unit.name, command);
    }
    return [...declared.values()];
  }

  #container({ lab, plan, image, anew }: NodeArgs): docker.Container {
    return new docker.Container(
      plan.name,
      {
        name: plan.container,
        hostname: plan.name,
        image,
        labels: [
          { label: LABEL.lab, value: lab },
          { label: LABEL.role, value: plan.role },
          { label: LABEL.made, value: new Date().toISOString() },
        ],
        envs: [`PODLAB_ROLE=${plan.role}`],
        // Plugged in by its links.
        networkMode: "none",
        mustRun: true,
        restart: "unless-stopped",
        // No --privileged, which some machines refuse and nobody should need: these three are all that a nested engine,
        // bridges, routes and NAT take.
        capabilities: { adds: ["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"] },
        // unconfined: mount, setns and clone for the pods; systempaths: a nested /proc may be mounted only where no part
        // of the outer one is masked.
        securityOpts: ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
        // icmp_ratemask: by default a node tells a sender only once a second why its packets are dropped
        // (Documentation/networking/ip-sysctl.rst); the outcome of a probe would depend on how many went before it.
        sysctls: { "net.ipv4.ip_forward": "1", "net.ipv4.icmp_ratemask": "0" },
        // As on any machine: new at every start, and not on a disk, where its sockets and pids would be inodes to make and to remove.
        tmpfs: { "/run": "" },
        // overlayfs does not stack on overlayfs: the nested engine's layers need a volume. It goes with its container.
        ...(plan.role === "host" ? { volumes: [{ containerPath: "/var/lib/docker" }] } : {}),
        removeVolumes: true,
      },
      // Docker does not report systempaths back, so a refresh takes it for removed. It is constant here. The labels say when
      // it was made: they change only where it has to be made again.
      { parent: this, ignoreChanges: ["securityOpts", ...(anew ? [] : ["labels"])] },
    );
  }
}
