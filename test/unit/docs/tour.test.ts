/** The tour says what can still be done: its commands, stacks, faults, nodes and pods exist, and every command has said something. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { sectionsOf, startedIn, withOutputs } from "../../../lab-scripts/docs/page.ts";
import { aim } from "../../../lab-scripts/faults/faults.ts";
import { ROOT } from "../../../lab-scripts/lab/project.ts";
import { stackLab } from "../../../lab-scripts/lab/stackSpec.ts";
import { SCENARIOS } from "../../../lab-scripts/scenarios/scenarios.ts";

const page = readFileSync(join(ROOT, "docs/tour.md"), "utf8");
const sections = sectionsOf(page);
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

/** What ends without a word when all is well, or waits in vain for one. */
const SILENT = /podlab-cni check|docker exec --detach|stranger\.app timeout 2/;

test.each(sections.map((section) => [section.heading, section] as const))("%s", (_, section) => {
  const labs = startedIn(section);
  expect(labs, "each part has one lab").toHaveLength(1);
  const { plan } = stackLab(labs[0]!);
  expect(section.commands[0]!.text).toMatch(/^npm start -- /);
  expect(section.commands.at(-1)!.text).toBe(`npm stop -- ${labs[0]}`);
  for (const { text, output } of section.commands) {
    if (!SILENT.test(text)) expect(output.join(""), text).not.toBe("");
    if (text.startsWith("npm ")) npmCommand(text, plan);
    else dockerCommand(text, plan);
  }
});

function npmCommand(text: string, plan: LabPlan): void {
  const [, verb, script] = /^npm (run|start|stop)(?: (\S+))?/.exec(text)!;
  expect(Object.keys(scripts), text).toContain(verb === "run" ? script : verb);
  const words = text.split(" -- ")[1]?.split(" ") ?? [];
  if (script === "fault" && words[0] !== "heal") expect(() => aim(plan, words), text).not.toThrow();
  if (script === "walk") for (const id of words.slice(0, 2)) expect(namesOf(plan), text).toContain(id);
}

/** `docker exec LAB.NODE …`, and inside of a host `docker exec POD.CONTAINER …`. */
function dockerCommand(text: string, plan: LabPlan): void {
  const [, container] = /^docker exec (?:--detach )?(\S+)/.exec(text)!;
  const node = plan.nodes.find((one) => one.container === container);
  expect(node, text).toBeDefined();
  const inner = / docker exec (\S+)/.exec(text.slice(text.indexOf(container!)))?.[1];
  const own = plan.pods
    .filter(({ host }) => host === node!.name)
    .flatMap((pod) => [pod.pause, ...pod.containers.map((one) => one.container)]);
  if (inner !== undefined) expect(own, text).toContain(inner);
}

const namesOf = ({ netns }: LabPlan): string[] => netns.map(({ id }) => id);

describe("the words between the commands", () => {
  test("name scenarios, commands and stacks that there are", () => {
    for (const [, name] of page.matchAll(/npm run scenario -- ([a-z0-9]+)/g)) {
      if (name !== "all") expect(SCENARIOS.map((one) => one.name)).toContain(name);
    }
    for (const [, name] of page.matchAll(/`npm run ([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(name);
    const stacks = readdirSync(join(ROOT, "infra/stacks"));
    for (const [, name] of page.matchAll(/^\| \[\d+\]\(.+?\) \| `([a-z0-9-]+)`/gm)) {
      expect(stacks).toContain(`Pulumi.${name}.yaml`);
    }
  });

  test("link to headings that there are", () => {
    const anchors = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const [, link] of page.matchAll(/\]\(#(.+?)\)/g)) expect(anchors).toContain(link);
  });
});

describe("a page", () => {
  const text =
    "# A\n\n## B\n\n```console\n$ one\n1\n$ two\n```\n\n## C\n\n```sh\n$ no\n```\n\n```console\n$ three\n3\n3\n```\n";

  test("is read as sections of commands and what they said", () => {
    expect(sectionsOf(text)).toEqual([
      {
        heading: "B",
        commands: [
          { number: 0, text: "one", output: ["1"] },
          { number: 1, text: "two", output: [] },
        ],
      },
      { heading: "C", commands: [{ number: 2, text: "three", output: ["3", "3"] }] },
    ]);
  });

  test("keeps every word when no output changes, and all others when one does", () => {
    expect(withOutputs(text, new Map())).toBe(text);
    expect(withOutputs(text, new Map([[1, ["2"]]]))).toBe(text.replace("$ two\n", "$ two\n2\n"));
    expect(withOutputs(text, new Map([[2, []]]))).toBe(text.replace("$ three\n3\n3\n", "$ three\n"));
  });

  test("whose blocks are no console's is refused", () => {
    expect(() => sectionsOf("```console\n1\n```")).toThrow("which is no command");
    expect(() => sectionsOf("```console\n$ one\n")).toThrow("has no end");
  });
});
