import { rm } from "node:fs/promises";
import { join } from "node:path";
import { commandLine } from "../../infra/home.ts";
import { Docker, unlessGone } from "../../infra/machine/docker.ts";
import type { Inventory } from "../../infra/machine/inventory.ts";
import { cloneId, whose } from "../../infra/machine/owner.ts";
import { engineInfo } from "../../infra/machine/sameMachine.ts";
import { LABEL } from "../../infra/spec/names.ts";
import { EXIT, Failure } from "../exit.ts";
import { labObjects } from "../lab/objects.ts";
import { REPORTS, STATE } from "../lab/project.ts";
import { PulumiStack, refuseOtherEngine } from "../lab/pulumiStack.ts";
import { tearDown } from "../lab/teardown.ts";
import { cleanSetUp } from "../setup/clean.ts";
import { findToolchain } from "../setup/setup.ts";

/** Removes this clone's labs and those of nobody's clone, podlab's images, states, reports and caches. What the user had is left alone. */
export async function clean(): Promise<void> {
  await labObjects().then(cleanLabs, withoutEngine);
  await rm(REPORTS, { recursive: true, force: true });
  process.stdout.write(await cleanSetUp());
}

/** @throws Failure (exit code 2) when there is a lab of another clone: images and caches are its, too; or one of this clone's is on another engine */
async function cleanLabs({ containers, networks }: Inventory): Promise<void> {
  const clone = cloneId();
  const foreign = [...containers, ...networks].find(({ owner }) => owner !== "" && owner !== clone);
  if (foreign) {
    throw new Failure(
      EXIT.notProved,
      `lab ${foreign.lab}: ${whose(foreign, clone)}; then ${commandLine("clean")} goes on`,
    );
  }
  await refuseLabsElsewhere();
  for (const lab of new Set([...containers, ...networks].map((one) => one.lab))) {
    const { left } = await tearDown((seen) => labObjects(lab, seen));
    if (left.length > 0) throw new Failure(EXIT.notAsExpected, `lab ${lab} is not gone: ${left.join(", ")}`);
    process.stdout.write(`lab ${lab} removed\n`);
  }
  process.stdout.write(`${await removeImages()} images removed\n`);
  for (const made of [".pulumi", "podlab", "owner.json"]) await rm(join(STATE, made), { recursive: true, force: true });
}

/** Without its state, nobody could say any more whose such a lab is. @throws Failure (exit code 2) */
async function refuseLabsElsewhere(): Promise<void> {
  const tools = await findToolchain();
  if (!tools) return;
  const { ID } = await engineInfo();
  for (const stack of await PulumiStack.all(tools)) {
    const state = await stack.state().catch(() => undefined); // of one that can't be read nothing is known
    refuseOtherEngine(stack.name, state?.engine, ID);
  }
}

interface ListedImage {
  readonly Id: string;
  /** Empty where the image came with a registry's, or where the engine does not keep it. */
  readonly ParentId: string;
  readonly RepoTags: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** Removes podlab's images, and what a build that was cut off has left on top of them. Returns how many had a name. */
async function removeImages(): Promise<number> {
  const docker = new Docker();
  const listed = await docker.get<ListedImage[]>("/images/json", { all: "true" });
  const byId = new Map(listed.map((image) => [image.Id, image]));
  const parent = ({ ParentId }: ListedImage) => byId.get(ParentId);
  const isNamed = ({ RepoTags }: ListedImage) => RepoTags?.some((tag) => tag !== "<none>:<none>") ?? false;
  const isOurs = (image: ListedImage | undefined): boolean =>
    image !== undefined && (image.Labels?.[LABEL.role] !== undefined || (!isNamed(image) && isOurs(parent(image))));
  const depth = (image: ListedImage | undefined): number => (image ? 1 + depth(parent(image)) : 0);
  const ours = listed.filter(isOurs).sort((one, other) => depth(other) - depth(one));
  // One after the other, children first: the last of a chain takes those without a name along.
  for (const { Id } of ours) {
    await unlessGone(docker.call("DELETE", `/images/${Id}`, { query: { force: "true" } }));
  }
  return ours.filter(isNamed).length;
}

/** The rest can be removed all the same. */
function withoutEngine({ message }: Error): void {
  process.stderr.write(
    `podlab: ${message}\nlabs, their states and images stay where no engine answers; ${commandLine("clean")} once more when it does\n`,
  );
  process.exitCode = EXIT.notProved;
}
