/** Programs whose output is read speak one language, whatever the user's; and say why they failed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CommandFailed, outputOf } from "../../../infra/machine/command.ts";
import { child } from "../../../infra/machine/running.ts";
import { runCommand } from "../../../lab-scripts/setup/command.ts";

const SAYS = ["-c", 'echo "$LC_ALL"'];

test("whoever starts a program and reads its output has it speak English", async () => {
  vi.stubEnv("LC_ALL", "de_DE.UTF-8");
  expect(await outputOf("sh", SAYS)).toBe("C\n");
  expect((await runCommand("sh", SAYS)).stdout).toBe("C\n");
  expect((await runCommand("sh", SAYS, { env: { LC_ALL: "ja_JP.UTF-8" } })).stdout).toBe("C\n");
  const { stdout, stdin } = child(["sh", ...SAYS]);
  stdin.end();
  expect(String((await stdout.toArray())[0])).toBe("C\n");
  vi.unstubAllEnvs();
});

test("nobody starts programs in another way, unless their output is not read or they speak one language", () => {
  const root = join(import.meta.dirname, "../../..");
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "infra", "lab-scripts"], {
    cwd: root,
    encoding: "utf8",
  });
  const starts = files
    .split("\n")
    .filter((file) => /\.ts$/.test(file))
    .filter((file) =>
      /import \{[^}]*\b(execFile|exec|spawn)\b[^}]*\} from "node:child_process"/.test(
        readFileSync(join(root, file), "utf8"),
      ),
    );
  expect(starts).toEqual([
    "infra/machine/command.ts",
    "infra/machine/connection.ts", // ssh: bytes
    "infra/machine/running.ts",
    "lab-scripts/commands/pulumi.ts", // the user reads it
    "lab-scripts/lab/pulumiStack.ts", // its input is given
    "lab-scripts/scenarios/watch.ts", // docker exec
    "lab-scripts/setup/bootstrapDebian.ts",
    "lab-scripts/setup/command.ts",
    "lab-scripts/setup/dockerDaemon.ts", // a log
  ]);
});

test("why it failed: in its own words, that it is not there, that it took too long", async () => {
  const failed = await outputOf("sh", ["-c", "echo 'Permission denied' >&2; exit 4"]).catch(
    (error: CommandFailed) => error,
  );
  expect(failed).toBeInstanceOf(CommandFailed);
  expect(failed).toMatchObject({ message: "sh: Permission denied", exitCode: 4, isMissing: false });
  await expect(outputOf("no-such-command", [])).rejects.toMatchObject({
    message: "there is no command no-such-command",
    isMissing: true,
  });
  await expect(outputOf("sleep", ["5"], 50)).rejects.toThrow("sleep: no end after 0.05 s");
  await expect(outputOf("sh", ["-c", "kill -STOP $$"], 50)).rejects.toThrow("sh: no end after 0.05 s");
});
