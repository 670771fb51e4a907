import { existsSync } from "node:fs";
import { findCommand } from "../command.ts";
import { installPackages, mayInstallPackages } from "../debian.ts";
import type { Step } from "../step.ts";
import { SetupError } from "../step.ts";

interface Tool {
  readonly name: string;
  readonly why: string;
  find(env: NodeJS.ProcessEnv): string | undefined;
  readonly packages: readonly string[];
  /** What Homebrew calls it. */
  readonly brew: string;
  readonly seconds: number;
}

/** A command in a package of the same name. */
const command = (name: string, why: string): Tool => ({
  name,
  why,
  find: (env) => findCommand(name, env),
  packages: [name],
  brew: name,
  seconds: 10,
});

/** What only podlab's own tests need. One that is there is used. */
const TOOLS: readonly Tool[] = [
  command("conntrack", "for what a network namespace remembers of a flow"),
  {
    name: "Go",
    why: "to build actionlint and Pulumi's parts for other languages",
    find: ({ PATH = "" }) => findCommand("go", { PATH: `${PATH}:/usr/local/go/bin` }),
    packages: ["golang-go"],
    brew: "go",
    seconds: 40,
  },
  {
    name: "pip3",
    why: "for mypy, which checks the examples in Python",
    find: (env) => findCommand("pip3", env),
    packages: ["python3-pip"],
    brew: "python",
    seconds: 20,
  },
  command("shellcheck", "for the shell that runs inside hosts"),
  command("tshark", "to read capture files as Wireshark does"),
  {
    name: "Chromium or Chrome",
    why: "for the report's page",
    find: findBrowser,
    // A browser without a font draws no text.
    packages: ["chromium", "fonts-dejavu-core"],
    brew: "--cask google-chrome",
    seconds: 45,
  },
];

export const testToolsStep: Step<true> = {
  name: "test tools",
  needs: [],

  async detect({ env }) {
    return missing(env).length === 0 || undefined;
  },

  async plan(context) {
    const lacking = missing(context.env);
    const packages = lacking.flatMap((tool) => tool.packages);
    if (!mayInstallPackages()) {
      const wanted = lacking.map(({ name, why }) => `${name} (${why})`).join(" and ");
      const brew = lacking.map((tool) => `brew install ${tool.brew}`).join(" && ");
      const command = process.platform === "darwin" ? brew : `sudo apt-get install ${packages.join(" ")}`;
      throw new SetupError(`\`npm test\` needs ${wanted}. Install what is missing, for example: ${command}`);
    }
    const how = `apt-get install ${packages.join(" ")}`;
    return {
      how,
      seconds: lacking.reduce((sum, { seconds }) => sum + seconds, 0),
      lock: "test-tools",
      async run(progress, signal) {
        progress.at(how);
        await installPackages(packages, context, signal);
        const names = missing(context.env).map(({ name }) => name);
        if (names.length === 0) return true;
        throw new SetupError(`${names.join(", ")} was installed and is not on PATH; is /usr/bin on it?`);
      },
    };
  },
};

function missing(env: NodeJS.ProcessEnv): Tool[] {
  return TOOLS.filter(({ find }) => find(env) === undefined);
}

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
