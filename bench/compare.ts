/** Whether podlab became slower than the committed results say: by ratios to the script, which a slower machine does not change. */
import type { Results } from "./results.ts";

/** A pair of runs on a machine that does other things besides differs by as much. */
const TOLERANCE = 0.25;

/** A line for each ratio that grew by more than the tolerance; empty when all is well. */
export function slower(now: Results, committed: Results): string[] {
  return now.rows.flatMap(({ size, ratios }) => {
    const before = committed.rows.find((row) => row.size === size)?.ratios;
    if (!before) return [];
    return (["up", "down"] as const)
      .filter((part) => ratios[part] > before[part] * (1 + TOLERANCE))
      .map((part) => `${size} ${part}: ${ratios[part]} times the script, committed ${before[part]}`);
  });
}
