/** Kubernetes' end-to-end suite "Netpol", held against the model. */
import { expect, test } from "vitest";
import { Network } from "../../../infra/packet/network.ts";
import { walk } from "../../../infra/packet/walk.ts";
import { CASES } from "../../netpol/cases.ts";
import { planOf, truths } from "../../netpol/lab.ts";

test.each(CASES)("$name", ({ steps }) => {
  for (const { checks, ...step } of steps) {
    const network = new Network(planOf(step).netns);
    for (const check of checks) {
      const wrong = truths(check).filter(({ from, address, reaches }) => {
        const { protocol, port } = check;
        return walk(network, { from: from.id, to: address, protocol, port }).outcome !== (reaches ? "ok" : "timeout");
      });
      expect(
        wrong.map(({ from, to, reaches }) => `${from.name} -> ${to} ${reaches ? "is" : "is not"} to reach it`),
      ).toEqual([]);
    }
  }
});
