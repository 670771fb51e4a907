import { existsSync } from "node:fs";
import { findCommand } from "./command.ts";

/** As Debian, Ubuntu, Google and Chromium's own builds call it. */
const COMMANDS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A Chromium or Chrome that is on this machine; undefined when there is none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const onPath = COMMANDS.map((name) => findCommand(name, env)).find((path) => path !== undefined);
  return onPath ?? (process.platform === "darwin" ? APPLICATIONS.find((path) => existsSync(path)) : undefined);
}
