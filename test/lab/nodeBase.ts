import { join } from "node:path";
import { execa } from "execa";
import { baseImageTag, findBaseImage } from "../../infra/machine/baseImage.ts";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import type { PrivateEngine } from "./privateEngine.ts";

/** Gives an engine the base of node images with every package in it: one that reaches no registry can build on it. */
export async function bringNodeBase(engine: PrivateEngine): Promise<void> {
  const [folder, image] = [join(ROOT, "lab-scripts/node"), "podlab/test-engine-base"];
  const build = ["build", "--build-arg", `BASE=${await findBaseImage()}`, "--file", join(folder, "Dockerfile.engine")];
  await execa("docker", [...build, "--label", "dev.podlab.role=image", "--tag", image, folder]);
  await engine.bring(image);
  await engine.run("docker", "tag", image, baseImageTag());
  await engine.run("docker", "rmi", image);
  await execa("docker", ["rmi", "--no-prune", image]);
}
