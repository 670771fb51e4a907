import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheDirectory, keyOf, keyOfSources, makeCache, removeCache } from "../../../lab-scripts/setup/cache.ts";
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
  expect(cacheDirectory({ XDG_CACHE_HOME: "." })).toBe(cacheDirectory({}));
});

test("the project is no cache, nor in one: nothing is put there, and nothing removed", () => {
  const refused = /^podlab's cache would be .*Set XDG_CACHE_HOME to another folder/;
  symlinkSync(root, join(root, "link"));
  for (const project of [root, join(root, "lab-scripts"), join(root, "link")]) {
    expect(() => makeCache(root, project)).toThrow(refused);
    expect(() => removeCache(root, project, [])).toThrow(refused);
  }
  expect(readdirSync(root).sort()).toEqual(["lab-scripts", "link"]);
});

test("a cache within the project is removed; only what podlab has put into it, and only where it is marked", () => {
  const cache = join(root, "cache");
  mkdirSync(join(cache, "pulumi-built-0f2a"), { recursive: true });
  expect(removeCache(cache, root, [])).toBe(`${cache} left alone: it has no CACHEDIR.TAG of podlab`);
  makeCache(cache, root);
  writeFileSync(join(cache, "my-notes"), "");
  writeFileSync(join(cache, "engine-started.json"), "{}");
  removeCache(cache, root, ["engine-started.json"]);
  expect(readdirSync(cache).sort()).toEqual(["CACHEDIR.TAG", "engine-started.json", "my-notes"]);
  expect(removeCache(cache, root, [])).toBe(`removed what podlab has put into ${cache}; left alone there: my-notes`);
  expect(readdirSync(cache)).toEqual(["my-notes"]);
  rmSync(join(cache, "my-notes"));
  makeCache(cache, root);
  expect(removeCache(cache, root, [])).toBe(`removed ${cache}`);
  expect(existsSync(cache)).toBe(false);
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

test("built places change with a source and with no text, official ones with neither", () => {
  const before = places({ root, cache: "/c" });
  put("plugins/docker/README.md", "text");
  expect(places({ root, cache: "/c" })).toEqual(before);
  put("plugins/docker/main.go", "changed");
  const after = places({ root, cache: "/c" });
  expect(after.builtEngine).not.toBe(before.builtEngine);
  expect(after.builtPlugins).not.toBe(before.builtPlugins);
  expect(after.officialEngine).toBe(before.officialEngine);
  expect(after.officialPlugins).toBe(before.officialPlugins);
});
