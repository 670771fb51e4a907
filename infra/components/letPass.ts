/** The rules of the machine's own firewall that a lab with IPv6 has, made and taken away by one Command. */
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { bridgeOf, hasRule } from "../machine/letPass.ts";
import type { Survey } from "../survey.ts";
import { script } from "./desiredState.ts";
import type { Segment } from "./segment.ts";

interface LetPassArgs extends Pick<Survey, "plan" | "maker" | "image" | "heldBack"> {
  /** What its resource's name begins with. */
  readonly prefix: string;
  /** Of the plan, in its order. */
  readonly segments: readonly Segment[];
  /** Builds the image of nodes. */
  readonly built: local.Command;
}

/** Declares it, where the lab has such rules. */
export function declareLetPass(args: LetPassArgs, parent: pulumi.Resource): local.Command | undefined {
  const { plan, maker, image, heldBack, prefix, segments, built } = args;
  const through = segments.filter((_, at) => hasRule(plan.segments[at]!));
  if (through.length === 0) return undefined;
  const bridges = through.map(({ networkId }) => networkId.apply((id) => bridgeOf({ id })));
  const command = new local.Command(
    `${prefix}let-pass`,
    {
      create: script("let-pass"),
      // What stays where the image is gone names a bridge that is gone, too.
      delete: `(BRIDGES=; ${script("let-pass")}) || true`,
      environment: {
        LAB: maker.lab,
        OWNER: maker.clone,
        STACK: maker.stack,
        IMAGE: image.name,
        BRIDGES: pulumi.all(bridges).apply((names) => names.join(" ")),
        // New where a rule is lost.
        REPAIRED: heldBack.length > 0 ? new Date().toISOString() : "",
      },
      addPreviousOutputInEnv: false,
      logging: "none",
    },
    { parent, dependsOn: [built], ignoreChanges: heldBack.length > 0 ? [] : ["environment.REPAIRED"] },
  );
  for (const segment of heldBack) {
    const rule = "a rule of the machine's ip6tables that lets its frames pass";
    void pulumi.log.warn(`drifted: ${segment}: ${rule}: wanted there, found nothing`, command);
  }
  return command;
}
