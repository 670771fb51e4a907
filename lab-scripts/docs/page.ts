/**
 * A page of Markdown whose `console` blocks hold commands and what they said:
 *
 *     $ docker exec routed.router ip route
 *     192.168.20.0/24 via 10.240.1.2 dev eth1
 *
 * A line that begins with `$ ` is a command; what follows up to the next one is its output. The words around the blocks are
 * written by hand, the outputs never.
 */

export interface Command {
  /** Of all commands of the page, counted from 0. */
  readonly number: number;
  readonly text: string;
  readonly output: readonly string[];
}

/** From one heading of the second level to the next. */
export interface Section {
  readonly heading: string;
  readonly commands: readonly Command[];
}

const PROMPT = "$ ";

/** A heading of the second level, or what is in a block. */
const PART = /^## (?<heading>.+)$|^```console\n(?<block>(?:.*\n)*?)```$/gm;

/** The sections that have commands. @throws Error when a block has no end, or begins with no command */
export function sectionsOf(page: string): Section[] {
  if (/^```console$/m.test(page.replaceAll(PART, ""))) throw new Error("the page's last console block has no end");
  const sections: { heading: string; commands: Command[] }[] = [{ heading: "", commands: [] }];
  let number = 0;
  for (const { groups: { heading, block } = {} } of page.matchAll(PART)) {
    if (heading !== undefined) sections.push({ heading, commands: [] });
    else for (const command of commandsIn(block!)) sections.at(-1)!.commands.push({ number: number++, ...command });
  }
  return sections.filter(({ commands }) => commands.length > 0);
}

/** The page with other outputs, by the command's number; one that has none here keeps what it has. */
export function withOutputs(page: string, outputs: ReadonlyMap<number, readonly string[]>): string {
  let number = 0;
  return page.replace(PART, (part, heading?: string, block?: string) => {
    if (heading !== undefined) return part;
    const lines = commandsIn(block!).flatMap(({ text, output }) => [
      PROMPT + text,
      ...(outputs.get(number++) ?? output),
    ]);
    return ["```console", ...lines, "```"].join("\n");
  });
}

/** The stacks whose labs a section starts. */
export function startedIn({ commands }: Section): string[] {
  return commands.flatMap(({ text }) => {
    const start = /^npm start(?: -- ([a-z0-9-]+))?/.exec(text);
    return start ? [start[1] ?? "routed"] : [];
  });
}

function commandsIn(block: string): Omit<Command, "number">[] {
  const [before, ...commands] = `\n${block}`.slice(0, -1).split(`\n${PROMPT}`);
  if (before) throw new Error(`a console block begins with ${JSON.stringify(before.trim())}, which is no command`);
  return commands.map((lines) => {
    const [text, ...output] = lines.split("\n");
    return { text: text!, output };
  });
}
