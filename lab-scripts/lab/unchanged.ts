/** Whether a lab is as planned already, so that Pulumi would find nothing to do. */
import { nodeContainer, segmentNetwork, specOf } from "../../infra/components/containers.ts";
import { sha256 } from "../../infra/fingerprint.ts";
import { pluggedWrong } from "../../infra/machine/cables.ts";
import { ofLab } from "../../infra/machine/inventory.ts";
import { saidBy, troubles } from "../../infra/machine/observe.ts";
import type { NodePlan } from "../../infra/plan/plan.ts";
import type { Survey } from "../../infra/survey.ts";

/**
 * Pure. Returns whether every node was told exactly this plan and differs in nothing, containers, networks and cables are as
 * declared, and there are none besides. Any doubt is a no.
 */
export function isUnchanged(seen: Survey): boolean {
  const { plan, found, maker, image, observed, record, heldBack } = seen;
  const wanted = [
    ...plan.nodes.map((node) => `${node.container} running ${specOf(nodeContainer(node, image.name, maker))}`),
    ...plan.segments.map((segment) => `${segment.network} ${specOf(segmentNetwork(segment, maker))}`),
  ];
  const { containers, networks } = ofLab(plan.lab, found);
  const there = [
    ...containers.map(({ name, state, spec }) => `${name} ${state} ${spec}`),
    ...networks.map(({ name, spec }) => `${name} ${spec}`),
  ];
  return (
    image.isThere &&
    heldBack.length === 0 &&
    wanted.sort().join("\n") === there.sort().join("\n") &&
    pluggedWrong(plan, found).size === 0 &&
    saidBy("router", observed)?.record === sha256(record) &&
    plan.nodes.every((node) => isAsTold(seen, node))
  );
}

function isAsTold({ states, observed }: Survey, { name }: NodePlan): boolean {
  const seen = saidBy(name, observed);
  if (seen === undefined) return false;
  const { digest, generation, booted } = seen;
  if (!booted || generation === null || troubles(seen).length > 0) return false;
  return digest === sha256(JSON.stringify(states.get(name)));
}
