import { findCommand } from "../command.ts";
import { installPackages, mayInstallPackages } from "../debian.ts";
import { SetupError } from "../setupError.ts";
import type { Step } from "../step.ts";

/** Commands that only podlab's own tests need, in packages of the same name. */
const TOOLS = {
  shellcheck: "for the shell that runs inside hosts",
  tshark: "to read capture files as Wireshark does",
} as const;

type Tool = keyof typeof TOOLS;

export const testToolsStep: Step<Readonly<Record<Tool, string>>> = {
  name: "test tools",
  needs: [],

  async detect({ env }) {
    return found(env);
  },

  async plan(context) {
    const lacking = missing(context.env);
    if (!mayInstallPackages()) {
      const wanted = lacking.map((tool) => `${tool} (${TOOLS[tool]})`).join(" and ");
      const command = `${process.platform === "darwin" ? "brew install" : "sudo apt-get install"} ${lacking.join(" ")}`;
      throw new SetupError(`\`npm test\` needs ${wanted}. Install what is missing, for example: ${command}`);
    }
    const how = `apt-get install ${lacking.join(" ")}`;
    return {
      how,
      seconds: 10 * lacking.length,
      lock: "test-tools",
      async run(progress, signal) {
        progress.at(how);
        await installPackages(lacking, context, signal);
        const tools = found(context.env);
        if (tools) return tools;
        const hidden = missing(context.env).join(" and ");
        throw new SetupError(`${hidden} was installed and is not on PATH; is /usr/bin on it?`);
      },
    };
  },
};

function missing(env: NodeJS.ProcessEnv): Tool[] {
  return (Object.keys(TOOLS) as Tool[]).filter((tool) => findCommand(tool, env) === undefined);
}

function found(env: NodeJS.ProcessEnv): Readonly<Record<Tool, string>> | undefined {
  const [shellcheck, tshark] = [findCommand("shellcheck", env), findCommand("tshark", env)];
  return shellcheck === undefined || tshark === undefined ? undefined : { shellcheck, tshark };
}
