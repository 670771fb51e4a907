import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheDirectory, keyOf, keyOfSources } from "../../../lab-scripts/setup/cache.ts";
import { places } from "../../../lab-scripts/setup/pulumi/places.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "podlab-cache-"));
  put("engine/main.go", "package main");
  put("engine/main_test.go", "package main // test");
  put("plugins/docker/main.go", "package docker");
  put("build.sh", "#!/bin/sh");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, text: string) {
  const file = join(root, "lab-scripts/pulumi", name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

test("the cache is below XDG_CACHE_HOME, else below ~/.cache", () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: "/x" })).toBe("/x/podlab");
  expect(cacheDirectory({ XDG_CACHE_HOME: "" })).toMatch(/\/\.cache\/podlab$/);
});

test("words that join to the same text have different keys", () => {
  expect(keyOf("ab", "c")).not.toBe(keyOf("a", "bc"));
});

test("a key of sources changes with a content and with a name, not with what doesn't count", () => {
  const key = () => keyOfSources(join(root, "lab-scripts/pulumi"), ["engine", "absent"], (name) => !/_test/.test(name));
  const before = key();
  put("engine/main_test.go", "changed");
  expect(key()).toBe(before);
  put("engine/main.go", "changed");
  const changed = key();
  expect(changed).not.toBe(before);
  put("engine/other.go", "");
  expect(key()).not.toBe(changed);
});

test("a change in the plugins' sources leaves the engine's place alone, and official places depend on no source", () => {
  const before = places({ root, cache: "/c" });
  put("plugins/docker/main.go", "changed");
  put("plugins/docker/README.md", "text");
  const after = places({ root, cache: "/c" });
  expect(after.builtEngine).toBe(before.builtEngine);
  expect(after.builtPlugins).not.toBe(before.builtPlugins);
  put("build.sh", "changed");
  expect(places({ root, cache: "/c" }).builtEngine).not.toBe(before.builtEngine);
  expect(places({ root, cache: "/c" }).officialEngine).toBe(before.officialEngine);
  expect(places({ root, cache: "/c" }).officialPlugins).toBe(before.officialPlugins);
});
