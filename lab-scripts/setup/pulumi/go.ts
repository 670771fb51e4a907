import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findCommand, lastLines, runCommand } from "../command.ts";
import { installPackages, mayInstallPackages } from "../debian.ts";
import type { Progress, SetUpContext } from "../step.ts";
import { SetupError } from "../step.ts";
import { isAtLeast } from "../version.ts";

/** From 1.21 on, a go fetches the newer toolchain that a module asks for (https://go.dev/doc/toolchain). */
const OLDEST_GO = "1.21";
const BUILD_MS = 40 * 60_000;
/** Places where a go is that nobody put on PATH. */
const USUAL_PLACES = ["/usr/local/go/bin", "/usr/lib/go/bin", "/opt/homebrew/bin"];

export type Part = "engine" | "language-host" | "docker" | "command";

/**
 * Measured with an empty build cache: 520 s of processor time for all of it, most of that in the engine, which two
 * cores do in half the time; then what downloading the modules takes. What a second part needs again, the first has
 * left in Go's cache.
 */
const SECONDS_ON_2_CORES: Record<Part, number> = { engine: 220, "language-host": 20, docker: 80, command: 20 };

/** How Go can be had here. */
interface GoFound {
  /** The directory of a go that is there already; undefined: it comes from apt. */
  directory: string | undefined;
}

/**
 * Finds a Go that can build the modules, or a package of one.
 * @throws SetupError, when there is none, whose message says what to install
 */
export async function findGo(
  { env, signal }: SetUpContext,
  wantedFor: string,
  usualPlaces: readonly string[] = USUAL_PLACES,
): Promise<GoFound> {
  const seen: string[] = [];
  for (const directory of [...(env.PATH ?? "").split(delimiter), ...usualPlaces]) {
    const go = join(directory, "go");
    if (!directory || !existsSync(go)) continue;
    const asked = { env: { ...env, GOTOOLCHAIN: "local" }, cwd: "/", signal, timeoutMs: 10_000 };
    const { stdout } = await runCommand(go, ["env", "GOVERSION"], asked);
    const version = stdout.trim();
    if (/\d/.test(version) && isAtLeast(version, OLDEST_GO)) return { directory };
    seen.push(`${go} is ${version || "no working Go"}`);
  }
  if (mayInstallPackages() && (await aptHasGo(env, signal))) return { directory: undefined };
  throw new SetupError(
    `${wantedFor}: Pulumi's download site can't be reached, and to build it from Go modules takes Go ${OLDEST_GO} or ` +
      `newer, which is not here${seen.length > 0 ? ` (${seen.join("; ")})` : ""}.\n` +
      "Install Pulumi (https://www.pulumi.com/docs/install/) or Go (https://go.dev/doc/install), then try again.",
  );
}

/** No word from Go for this long: it has what it needs and compiles. */
const QUIET_MS = 3000;

/** An estimate for building these parts here, in seconds. Linking, a third of it, takes one core however many there are. */
export function buildSeconds(parts: readonly Part[]): number {
  const seconds = parts.reduce((sum, part) => sum + SECONDS_ON_2_CORES[part], 0);
  return Math.round(seconds * Math.max(0.35, Math.min(1.6, 2 / availableParallelism())));
}

/**
 * Builds parts of Pulumi into a directory from the Go modules under lab-scripts/pulumi. Parts that are there are left,
 * so a build that was cut short goes on where it was.
 * @throws SetupError with the end of the compiler's words
 */
export async function buildParts(
  parts: readonly Part[],
  into: string,
  go: GoFound,
  context: SetUpContext,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  if (go.directory === undefined) {
    progress.at("apt-get install golang-go");
    await installPackages(["golang-go"], context, signal);
  }
  const directory = go.directory ?? dirname(findCommand("go", context.env) ?? "/usr/bin/go");
  const script = join(context.root, "lab-scripts", "pulumi", "build.sh");
  const log = join(context.cache, "log", `build-${parts.join("-")}.log`);
  progress.at(`building ${parts.join(" and ")} from Go modules`);
  const watch = downloadsThenSilence(parts, progress);
  const { ok, status, tail } = await runCommand(script, [into, ...parts], {
    env: { GOTOOLCHAIN: "auto", ...context.env, PATH: `${directory}${delimiter}${context.env.PATH ?? ""}` },
    cwd: context.root,
    log,
    signal,
    timeoutMs: BUILD_MS,
    onLine: watch.line,
  });
  watch.end();
  if (ok) return;
  throw new SetupError(
    `${script} ${parts.join(" ")} failed (${status}); all of it is in ${log}:\n${lastLines(tail)}\n` +
      "Check that Go reaches its module proxy (go env GOPROXY), or install Pulumi: https://www.pulumi.com/docs/install/",
  );
}

/** Go names every module that it fetches, and then compiles for minutes without a word. */
function downloadsThenSilence(parts: readonly Part[], progress: Progress): { line(line: string): void; end(): void } {
  let modules = 0;
  const compiling = () => progress.at(`compiling ${parts.join(" and ")}`);
  let timer = setTimeout(compiling, QUIET_MS);
  return {
    line(line) {
      clearTimeout(timer);
      timer = setTimeout(compiling, QUIET_MS);
      if (line.startsWith("go: downloading")) {
        modules += 1;
        progress.at(`downloading Go modules, ${modules} so far`);
      } else progress.at(line.slice(0, 100));
    },
    end: () => clearTimeout(timer),
  };
}

async function aptHasGo(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  const { stdout } = await runCommand("apt-cache", ["policy", "golang-go"], { env, signal, timeoutMs: 10_000 });
  const candidate = /Candidate: (?:\d+:)?(\d\S*)/.exec(stdout)?.[1];
  return candidate !== undefined && isAtLeast(candidate, OLDEST_GO);
}
