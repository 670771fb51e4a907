/** What a node says of its units, and what a prober says after it, in one stream that may be cut anywhere. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { divided } from "../../../../lab-scripts/lab/attend/divided.ts";

const SAID = "bridge-cbr0\t1\tok\t\npod-wéb\t2\tdrift\twanted 1, found 2 – nichts\n";
const MARK = "=== looked ===\n";
const ALL = Buffer.from(`${SAID}${MARK}{"ready":true}\n{"done":true}\n`);

test.each([1, 7, ALL.length])("in pieces of %i bytes", async (size) => {
  const stdout = new PassThrough();
  const { said, rest } = divided(stdout, MARK);
  const after = text(rest);
  for (let at = 0; at < ALL.length; at += size) stdout.write(ALL.subarray(at, at + size));
  stdout.end();
  expect(await said).toBe(SAID);
  expect(await after).toBe('{"ready":true}\n{"done":true}\n');
});

test("a node whose units nobody could look at has not said that it has none", async () => {
  const stdout = new PassThrough();
  const { said, rest } = divided(stdout, MARK);
  rest.resume();
  stdout.end(SAID);
  await expect(said).rejects.toThrow("it ended before it had said === looked ===");
});
