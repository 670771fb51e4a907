import { existsSync } from "node:fs";
import { join } from "node:path";
import { textIn } from "../../../infra/files.ts";
import { type DockerEndpoint, dockerEndpoint } from "../../../infra/machine/endpoint.ts";
import { askEngine } from "../askEngine.ts";
import { findCommand } from "../command.ts";
import { installPackages, mayInstallPackages } from "../debian.ts";
import { startEngine } from "../dockerDaemon.ts";
import type { SetUpContext, Step, Way } from "../step.ts";
import { SetupError } from "../step.ts";
import { isAtLeast } from "../version.ts";

/** The engine that answers, and the CLI that talks to it. */
export interface DockerFound {
  cli: string;
  endpoint: DockerEndpoint;
  version: string;
}

export const ENGINE = "Docker engine";

/** The API of Docker 20.10, the oldest that podlab is tried with. */
const OLDEST_API = "1.41";

/** A Docker engine that answers. A running one is used as it is; podlab never restarts or reconfigures it. */
export const engineStep: Step<DockerFound> = {
  name: ENGINE,
  needs: [],

  async detect({ env }) {
    const cli = findCommand("docker", env);
    const endpoint = dockerEndpoint(env);
    const answer = await askEngine(endpoint);
    // Not to be taken for missing, nor one started beside it.
    if ("hangs" in answer) throw new SetupError(answer.silence);
    if (!cli || "silence" in answer) return undefined;
    const { version, apiVersion } = answer.engine;
    refuseHalfTls(endpoint);
    if (isAtLeast(apiVersion, OLDEST_API)) return { cli, endpoint, version };
    throw new SetupError(
      `The Docker engine at ${endpoint.host} is ${version}; podlab needs 20.10 or newer. Upgrade it, then try again.`,
    );
  },

  async plan(context): Promise<Way<DockerFound>> {
    const { env } = context;
    const endpoint = dockerEndpoint(env);
    const answer = await askEngine(endpoint);
    const running = "engine" in answer;
    const cli = findCommand("docker", env);
    const daemon = findCommand("dockerd", { PATH: `${env.PATH ?? ""}:/usr/sbin:/usr/local/sbin` });
    const silence = "silence" in answer ? answer.silence : "";
    if (!running && (endpoint.host !== "unix:///var/run/docker.sock" || silence.endsWith("EACCES"))) {
      throw new SetupError(cannotReach(endpoint, silence));
    }
    if (!mayInstallPackages()) throw new SetupError(howToInstall(cli, running, silence));

    const packages = [...(running || daemon ? [] : enginePackages()), ...(cli ? [] : ["docker-cli"])];
    const steps = [
      ...(packages.length > 0 ? [`apt-get install ${packages.join(" ")}`] : []),
      ...(running ? [] : ["start dockerd"]),
    ];
    return {
      how: steps.join(", "),
      seconds: (packages.length > 0 ? 30 : 0) + (running ? 0 : 5),
      lock: "engine",
      async run(progress, signal) {
        if (packages.length > 0) {
          progress.at(`apt-get install ${packages.join(" ")}`);
          await install(packages, context, signal);
        }
        const found = await engineStep.detect(context); // the package's own script may have started it
        if (found) return found;
        progress.at("starting dockerd");
        const stopWith = await startEngine({ ...context, signal, endpoint });
        progress.note(`started the Docker engine; to stop it: ${stopWith} (\`npm run clean\` does it too)`);
        const started = await engineStep.detect(context);
        if (!started) throw new SetupError("the docker CLI is still missing; run: apt-get install docker-cli");
        return started;
      },
    };
  },
};

/** Pulumi's docker provider takes three files, or no TLS at all. @throws SetupError */
function refuseHalfTls({ host, tls }: DockerEndpoint): void {
  if (!tls) return;
  const missing = ["ca.pem", "cert.pem", "key.pem"].filter((name) => !existsSync(join(tls.folder, name)));
  if (tls.verify && missing.length === 0) return;
  const lacks =
    missing.length > 0 ? `${missing.join(", ")} of ${tls.folder} missing` : "the engine's certificate not verified";
  throw new SetupError(
    `The Docker engine at ${host} is reached by TLS with ${lacks}: Pulumi's Docker provider can't do that. Give all three ` +
      "(docker context update --docker host=…,ca=…,cert=…,key=…), or reach the engine by ssh://.",
  );
}

/** Where the kernel enforces AppArmor, the engine can't start a container without its parser. */
function enginePackages(): string[] {
  const enforced = textIn("/sys/module/apparmor/parameters/enabled").startsWith("Y");
  return ["docker.io", "iptables", ...(enforced ? ["apparmor"] : [])];
}

/** Debian 13 has the CLI in a package of its own, docker-cli; before, docker.io has it. */
async function install(packages: readonly string[], context: SetUpContext, signal: AbortSignal): Promise<void> {
  const others = packages.filter((name) => name !== "docker-cli");
  if (others.length > 0) await installPackages(others, context, signal);
  if (!packages.includes("docker-cli") || findCommand("docker", context.env)) return;
  try {
    await installPackages(["docker-cli"], context, signal);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    await installPackages(["docker.io"], context, signal);
  }
}

function cannotReach({ host }: DockerEndpoint, silence: string): string {
  if (silence.endsWith("EACCES")) {
    return (
      "The Docker engine runs, but this user may not talk to it. Run: sudo usermod -aG docker $USER\n" +
      "then log in again."
    );
  }
  return (
    `No Docker engine answers at ${host} (${silence}), which DOCKER_HOST or the docker context names.\n` +
    "Start that engine, or unset DOCKER_HOST / run: docker context use default"
  );
}

function howToInstall(cli: string | undefined, running: boolean, silence: string): string {
  if (running)
    return "A Docker engine runs, but there is no docker command on PATH: https://docs.docker.com/engine/install/";
  const start = process.platform === "darwin" ? "open -a Docker" : "sudo systemctl start docker";
  const what = cli ? `Docker is installed, but its engine does not answer (${silence}).` : "Docker is not installed.";
  const install = cli ? "" : "Install it (https://docs.docker.com/engine/install/) and ";
  return `${what} ${install}${install ? "start" : "Start"} it: ${start}`;
}
