/** `podlab plan`: a lab of any size, on paper. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const podlab = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["lab-scripts/podlab.mjs", "plan", ...args]);

test("says who is where, what each machine needs, and what the model leaves out", async () => {
  const { stdout } = await podlab("--hosts", "100", "--machines", "3", "--pods-per-host", "1");
  expect(stdout).toContain("100 hosts with 100 pods on 3 machines\n");
  expect(stdout).toMatch(
    /^ {2}first machine: router, internet, 34 hosts \(host01, host04, host100\)\n {4}memory [\d,]+ MB, /m,
  );
  expect(stdout).toMatch(/^ {2}2 others, each: 33 hosts \(host02, host05, host98\)$/m);
  expect(stdout).toMatch(
    /^model: [\d,]+ checks in \S+ s with \d+ MB\n {2}left out: [\d,]+ checks of hosts that are not tried/m,
  );
});

test.each([
  [["--hosts", "5000"], "hosts is too many; use 1 to 1000 hosts"],
  [["--hosts", "many"], "--hosts many is no number; write it in digits"],
])("refused: %s", async (args, said) => {
  await expect(podlab(...args)).rejects.toMatchObject({ code: 3, stderr: expect.stringContaining(said) });
});
