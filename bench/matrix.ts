/**
 * How long the full matrix takes as a lab grows: builds labs on the real engine, checks each several times, prints medians.
 * `npm run bench`, or `npm run bench -- 4x4` for some sizes. Images are warm after the first run of `npm start`.
 */
import { cpus } from "node:os";
import { tearDown } from "../lab-scripts/lab/teardown.ts";
import { TestLab } from "../test/lab/harness.ts";
import { median } from "./median.ts";

const SIZES = ["2x1", "4x4", "8x4", "16x4"];
const CHECKS = 5;

interface Row {
  readonly lab: string;
  readonly up: number;
  readonly probes: number;
  readonly check: number;
  readonly failed: number;
  readonly down: number;
}

const wanted = process.argv.slice(2);
const rows: Row[] = [];
for (const size of wanted.length > 0 ? wanted : SIZES) rows.push(await measure(size));

console.log(
  `\n${cpus().length} cores, Node ${process.version}; seconds; check: median of ${CHECKS}, all of podlab's process included`,
);
console.table(rows);
if (rows.some(({ failed }) => failed > 0)) process.exitCode = 1;

async function measure(size: string): Promise<Row> {
  const [, hosts, pods] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  if (hosts === undefined) throw new Error(`${size} is no size; write hosts x pods, such as 4x4`);
  const name = "bench";
  const spec = {
    hosts: Number(hosts),
    podsPerHost: Number(pods),
    containers: [{ name: "app", port: 8080 }],
    segmentPool: "10.248.0.0/16",
    internet: { subnet: "198.51.100.192/27" },
  };
  console.log(`${size} …`);
  const lab = await TestLab.create(name, spec);
  try {
    const up = await seconds(() => lab.up());
    const times: number[] = [];
    let seen = { total: 0, failed: 0, errors: 0 };
    for (let run = 0; run < CHECKS; run++) {
      times.push(
        await seconds(async () => {
          seen = (await lab.check()).report.summary;
        }),
      );
    }
    const down = await seconds(() => tearDown(name));
    return { lab: size, up, probes: seen.total, check: median(times), failed: seen.failed + seen.errors, down };
  } finally {
    await lab.remove();
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) / 10) / 100;
}
