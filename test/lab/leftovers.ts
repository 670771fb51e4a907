/** Before the tests of real labs: labs that belong to no test any more, because its run was ended, are removed. */
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { tearDown } from "../../lab-scripts/lab/teardown.ts";
import { isOwned } from "./ownership.ts";

/** What the name of every test's lab begins with, and of no other. */
const PREFIX = "test-";

export default async function removeLeftovers(): Promise<void> {
  const { containers, networks } = await labObjects();
  const labs = new Set([...containers, ...networks].map(({ lab }) => lab));
  for (const lab of [...labs].filter((name) => name.startsWith(PREFIX) && !isOwned(name))) {
    console.error(`lab ${lab} was left by a test run that was ended: it is removed`);
    const { left } = await tearDown(() => labObjects(lab));
    if (left.length > 0) throw new Error(`of lab ${lab} there is still ${left.join(", ")}: npm stop -- ${lab}`);
  }
}
