/** As a machine that loses power would: the process, and all that it started, at once. */
import { execFileSync } from "node:child_process";

export function killTree(pid: number): void {
  const parents = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const tree = [pid];
  for (const one of tree) tree.push(...parents.filter(([, parent]) => parent === one).map(([child]) => child));
  for (const one of tree) {
    try {
      process.kill(one, "SIGKILL");
    } catch {
      // gone already
    }
  }
}
