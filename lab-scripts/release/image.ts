/** Builds an image of podlab with all that it needs inside: Node, Pulumi with its plugins, the image of a lab's nodes. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../infra/home.ts";
import { findBaseImage, nodeImageName } from "../../infra/machine/baseImage.ts";
import { podlabVersion } from "../lab/project.ts";
import { nodePackage } from "../setup/bootstrap/node.mjs";
import { PLUGINS, pluginDirectory, userPulumiHome } from "../setup/pulumi/places.ts";
import { setUp, type Toolchain } from "../setup/setup.ts";
import { INSTALL, pack } from "./build.ts";

/**
 * Builds it of what set-up has found or built on this machine.
 * @returns its name
 * @throws Error with npm's or docker's own words
 */
export async function buildImage(name = `podlab:${podlabVersion()}`): Promise<string> {
  const toolchain = await setUp();
  const run = execa({ cwd: ROOT, env: toolchain.env, stderr: "inherit" });
  const base = await findBaseImage();
  const node = nodeImageName(base);
  await run("sh", ["-c", 'docker image inspect "$0" || sh lab-scripts/node/build.sh "$0" "$1"', node, base]);
  const context = mkdtempSync(join(tmpdir(), "podlab-image-"));
  try {
    await installPackage(context);
    copyPulumi(toolchain, context);
    await run("sh", ["-c", 'docker save "$0" | gzip -1 > "$1"', node, join(context, "node-image.tar.gz")]);
    const file = join(ROOT, "lab-scripts/release/Dockerfile");
    const options = ["--quiet", "--force-rm", "--label", "dev.podlab.role=image", "--build-arg", `NODE_IMAGE=${node}`];
    await run("docker", ["build", ...options, "--file", file, "--tag", name, context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  return name;
}

/** Installs the npm package as a user does, with a Node beside it. */
async function installPackage(folder: string): Promise<void> {
  const { filename } = await pack(folder);
  const { name, version } = nodePackage("linux")!;
  await execa("npm", ["install", ...INSTALL, `./${filename}`, `${name}@${version}`], { cwd: folder });
  rmSync(join(folder, "node_modules", name, "include"), { recursive: true });
  rmSync(join(folder, filename));
}

/** Copies the engine with its host of Node programs, and the plugins. */
function copyPulumi({ pulumi, env }: Toolchain, folder: string): void {
  const from = dirname(pulumi);
  mkdirSync(join(folder, "pulumi"));
  for (const file of readdirSync(from).filter((each) => /^pulumi(-language-nodejs.*)?$/.test(each)))
    cpSync(join(from, file), join(folder, "pulumi", file), { dereference: true });
  for (const plugin of PLUGINS) {
    const home = pluginDirectory(userPulumiHome({ ...process.env, ...env }), plugin);
    cpSync(home, pluginDirectory(join(folder, "pulumi-home"), plugin), { recursive: true });
  }
}
