/** The long run: npm run test:differential. The short one, for every `npm test`, is test/netns/differential.test.ts. */
import { beforeAll, expect, test } from "vitest";
import { campaign } from "./campaign.ts";
import { demandNamespaces } from "./machine.ts";

const numberOf = (name: string) => (process.env[name] === undefined ? undefined : Number(process.env[name]));
const seed = numberOf("PODLAB_SEED") ?? 1;
const count = numberOf("PODLAB_COUNT") ?? 200;
const only = numberOf("PODLAB_CASE");
const log = (line: string) => process.stderr.write(`${line}\n`);

beforeAll(demandNamespaces);

test(`${only === undefined ? `${count} random labs` : `random lab ${only}`} of seed ${seed}: the kernel does what the model says`, async () => {
  log(`seed ${seed}; the same again: npm run test:differential -- --seed ${seed} --count ${count}`);
  const { failures, labs, summary } = await campaign({ seed, count, only, log });
  for (const failure of failures) log(`\n${failure}`);
  log(`\n${summary}`);
  expect(failures.map((one) => one.split("\n")[0])).toEqual([]);
  expect(labs).toBe(only === undefined ? count : 1);
});
