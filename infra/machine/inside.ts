/** Commands inside a container: asked of the engine's socket where it is near, else of the docker CLI. */
import { DockerError } from "./docker.ts";
import { theEngine } from "./engineApi.ts";
import { engineExec } from "./engineExec.ts";
import { child, type Running } from "./running.ts";

/** Starts a command in a container. */
export function inside(container: string, command: readonly string[]): Running {
  const engine = theEngine();
  if (engine.socketPath === undefined) return child(["docker", "exec", "-i", container, ...command]);
  return engineExec(engine, container, command);
}

/**
 * Standard output of a command in a container.
 * @param limit milliseconds
 * @param input parts of its standard input, written as they come
 * @throws DockerError in its own words or the engine's
 */
export async function outputInside(
  limit: number,
  container: string,
  command: readonly string[],
  input: readonly (string | Promise<string>)[] = [],
): Promise<string> {
  const { stdin, stdout, problem, kill, ended } = inside(container, command);
  const timer = setTimeout(() => {
    problem.unshift(`no answer within ${limit / 1000} s`);
    kill();
  }, limit);
  void (async () => {
    for (const part of input) stdin.write(await part);
    stdin.end();
  })();
  let output = "";
  stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new DockerError(problem.join("\n").trim() || `exit code ${code}`, output);
  return output;
}
