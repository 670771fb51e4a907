/** What `npm stop` says of what it has looked for. */
import { expect, test } from "vitest";
import type { MachineContainer } from "../../../infra/machine/inventory.ts";
import { told } from "../../../lab-scripts/lab/down.ts";
import { healthy } from "../machine/labOnMachine.ts";

const objects = {
  containers: healthy().containers as readonly MachineContainer[],
  networks: healthy().networks,
};

test("says of nothing that it is gone that it could not look for", () => {
  const seen = ["namespace", "route"];
  const unseen = ["process (not root)", "firewall rule (iptables-save: no permission)"];
  expect(told("lab", { objects, volumes: 2, left: [], seen, unseen })).toBe(
    "lab lab: 4 containers, 3 networks and 2 volumes removed; no namespace or route of it is left; " +
      "could not look for: process (not root), firewall rule (iptables-save: no permission)\n",
  );
  expect(told("lab", { objects, volumes: 2, left: [], seen: [], unseen })).not.toContain("is left");
});
