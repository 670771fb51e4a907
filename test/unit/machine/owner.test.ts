/** Which clone, and which of its stacks, a lab is of. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloneId, ForeignLab, refuseForeignLab, whose } from "../../../infra/machine/owner.ts";
import { healthy, OWNER } from "./labOnMachine.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "podlab-owner-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const MAKER = { lab: "lab", clone: OWNER, stack: "lab" };

test("a clone keeps its id, which says where it is, and another one has another", () => {
  const mine = cloneId(at("mine"));
  expect(mine).toMatch(new RegExp(`^[0-9a-f]{16}@${hostname()}:${at("mine")}$`));
  expect(cloneId(at("mine"))).toBe(mine);
  expect(cloneId(at("other"))).not.toBe(mine);
});

test("one that is moved keeps its id, also where another clone takes its place; a copy is another clone", () => {
  const id = cloneId(at("first"));
  renameSync(at("first"), at("second"));
  expect(cloneId(at("second"))).toBe(id);
  expect(cloneId(at("first"))).not.toBe(id);
  expect(cloneId(at("second"))).toBe(id);
  cpSync(at("second"), at("copy"), { recursive: true });
  expect(cloneId(at("copy"))).not.toBe(id);
  expect(cloneId(at("second"))).toBe(id);
});

test("whose a lab is, and how to remove it", () => {
  const mine = cloneId(at("mine"));
  const told = (owner: string, stack = "zz") => whose({ lab: "x", owner, stack }, mine, at("mine"));
  expect(told("")).toBe("an earlier version of podlab made it; npm stop -- x removes it");
  expect(told(mine)).toBe("stack zz of this clone made it; npm stop -- zz removes it");
  const there = cloneId(at("there"));
  expect(told(there)).toBe(`the clone of podlab in ${at("there")} made it; npm stop -- zz there removes it`);
  rmSync(at("there"), { recursive: true });
  const gone =
    `a clone of podlab that was in ${at("there")} on ${hostname()} made it; remove it there, or, where that clone is gone, ` +
    "npm stop -- x --foreign removes it";
  expect(told(there)).toBe(gone);
  mkdirSync(at("there"));
  cloneId(at("there"));
  expect(told(there)).toBe(gone);
  expect(told(`12@elsewhere:${at("mine")}`)).toContain("on elsewhere made it");
  expect(told(`12@${hostname()}:${at("mine")}`)).toMatch(
    /^this clone made it before its \.state was lost; .*--foreign/,
  );
  expect(told("0123")).toMatch(/^another clone of podlab made it; .*--foreign/);
});

test("a lab of another clone or stack, or of an earlier version, is refused with the way out; one's own and others' labs are not", () => {
  const refuse =
    (more: Partial<typeof MAKER>, found = healthy()) =>
    () =>
      refuseForeignLab({ ...MAKER, ...more }, found);
  expect(refuse({})).not.toThrow();
  expect(refuse({ lab: "another", clone: "ffff" })).not.toThrow();
  expect(refuse({ clone: "ffff" })).toThrow(ForeignLab);
  expect(refuse({ clone: "ffff" })).toThrow(/lab\.host01.*another clone of podlab made it.*npm stop -- lab --foreign/);
  expect(refuse({ stack: "other" })).toThrow(/stack lab of this clone made it; npm stop -- lab removes it/);
  const { containers, networks } = healthy();
  const unmarked = <T extends object>(all: readonly T[]) => all.map((one) => ({ ...one, owner: "" }));
  const first = { containers: unmarked(containers), networks: unmarked(networks) };
  expect(() => refuseForeignLab(MAKER, first)).toThrow(/an earlier version of podlab made it/);
  // In one's own lab it is what somebody made by hand.
  expect(() => refuseForeignLab(MAKER, { containers: unmarked(containers), networks })).not.toThrow();
});
