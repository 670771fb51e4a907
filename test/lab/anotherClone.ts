import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../lab-scripts/lab/project.ts";

/** The project as it stands here, in a folder of its own: with the same dependencies, and without a state. */
export function anotherClone(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const files = "git ls-files --cached --others --exclude-standard -z -- ':!infra/stacks/Pulumi.test-*'";
  execFileSync("sh", ["-c", `${files} | xargs -0 cp --parents --target-directory "$0"`, folder], { cwd: ROOT });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}
