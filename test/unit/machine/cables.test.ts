/** Nodes that are not plugged in as planned, as seen from the machine. */
import { expect, test } from "vitest";
import { pluggedWrong } from "../../../infra/machine/cables.ts";
import { healthy, PLAN, pluggedOf } from "./labOnMachine.ts";

test("of a healthy lab: nothing to say", () => {
  expect([...pluggedWrong(PLAN, healthy())]).toEqual([]);
});

test("a node that is not plugged in, and one at another address", () => {
  const found = healthy();
  pluggedOf(found, "lab.host01").delete("id-lab.host01-net");
  pluggedOf(found, "lab.router").set("id-lab.host02-net", "10.240.2.9");
  expect([...pluggedWrong(PLAN, found)]).toEqual([
    ["router/host02-net", "wanted lab.router on lab.host02-net at 10.240.2.1, found it at 10.240.2.9"],
    ["host01/host01-net", "wanted lab.host01 on lab.host01-net at 10.240.1.2, found it not plugged in"],
  ]);
});

test("of a node that does not run it is known, too: started it would not be plugged in", () => {
  const found = healthy();
  pluggedOf(found, "lab.host01").delete("id-lab.host01-net");
  const stopped = found.containers.map((one) => (one.name === "lab.host01" ? { ...one, state: "exited" } : one));
  expect([...pluggedWrong(PLAN, { ...found, containers: stopped }).keys()]).toEqual(["host01/host01-net"]);
});
