/** Which clone a lab is of. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ForeignLab, ownerId, refuseForeignLab } from "../../../infra/machine/owner.ts";
import { healthy, OWNER } from "./labOnMachine.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-owner-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a clone keeps its id, and another one has another", () => {
  const mine = ownerId(join(folder, "mine/owner"));
  expect(mine).toMatch(/^[0-9a-f]{16}$/);
  expect(ownerId(join(folder, "mine/owner"))).toBe(mine);
  expect(ownerId(join(folder, "other/owner"))).not.toBe(mine);
});

test("a lab of another clone, or of an earlier version, is refused with the way out; one's own and others' labs are not", () => {
  expect(() => refuseForeignLab("lab", OWNER, healthy())).not.toThrow();
  expect(() => refuseForeignLab("another", "ffff", healthy())).not.toThrow();
  expect(() => refuseForeignLab("lab", "ffff", healthy())).toThrow(ForeignLab);
  expect(() => refuseForeignLab("lab", "ffff", healthy())).toThrow(
    /lab\.host01.*another clone of podlab made it.*Remove it with npm stop -- lab/,
  );
  const { containers, networks } = healthy();
  const unmarked = <T extends object>(all: readonly T[]) => all.map((one) => ({ ...one, owner: "" }));
  const first = { containers: unmarked(containers), networks: unmarked(networks) };
  expect(() => refuseForeignLab("lab", OWNER, first)).toThrow(/an earlier version of podlab made it/);
  // In one's own lab it is what somebody made by hand.
  expect(() => refuseForeignLab("lab", OWNER, { containers: unmarked(containers), networks })).not.toThrow();
});
