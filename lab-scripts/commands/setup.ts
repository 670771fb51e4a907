import { setUp } from "../setup/setup.ts";

/** All set-up that is missing, and nothing else. */
export async function setup(): Promise<void> {
  await setUp({ for: "lab" });
}
