import { findCommand } from "../command.ts";
import { installPackages, mayInstallPackages } from "../debian.ts";
import { SetupError } from "../setupError.ts";
import type { Step } from "../step.ts";

/** What only podlab's own tests need: shellcheck, for the shell that runs inside hosts. */
export const testToolsStep: Step<{ shellcheck: string }> = {
  name: "test tools",
  needs: [],

  async detect({ env }) {
    const shellcheck = findCommand("shellcheck", env);
    return shellcheck === undefined ? undefined : { shellcheck };
  },

  async plan(context) {
    if (!mayInstallPackages()) {
      const command = process.platform === "darwin" ? "brew install shellcheck" : "sudo apt-get install shellcheck";
      throw new SetupError(`\`npm test\` needs shellcheck. Install it, for example: ${command}`);
    }
    return {
      how: "apt-get install shellcheck",
      seconds: 10,
      lock: "shellcheck",
      async run(progress, signal) {
        progress.at("apt-get install shellcheck");
        await installPackages(["shellcheck"], context, signal);
        const shellcheck = findCommand("shellcheck", context.env);
        if (!shellcheck) throw new SetupError("shellcheck was installed and is not on PATH; is /usr/bin on it?");
        return { shellcheck };
      },
    };
  },
};
