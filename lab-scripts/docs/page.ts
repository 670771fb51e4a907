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

const OPEN = "```console";
const CLOSE = "```";
const PROMPT = "$ ";

/** The sections that have commands. @throws Error when a block has no end, or begins with no command */
export function sectionsOf(page: string): Section[] {
  const headings: string[] = [""];
  const commands = partsOf(page).flatMap((part) => {
    if (typeof part !== "string") return part.map((command) => ({ command, heading: headings.at(-1)! }));
    const heading = /^## (.+)$/.exec(part)?.[1];
    if (heading !== undefined) headings.push(heading);
    return [];
  });
  return [...Map.groupBy(commands, ({ heading }) => heading)].map(([heading, own]) => ({
    heading,
    commands: own.map(({ command }) => command),
  }));
}

/** The page with other outputs, by the command's number; one that has none here keeps what it has. */
export function withOutputs(page: string, outputs: ReadonlyMap<number, readonly string[]>): string {
  const lines = partsOf(page).flatMap((part) => {
    if (typeof part === "string") return part;
    const block = part.flatMap(({ number, text, output }) => [PROMPT + text, ...(outputs.get(number) ?? output)]);
    return [OPEN, ...block, CLOSE];
  });
  return lines.join("\n");
}

/** The stacks whose labs a section starts. */
export function startedIn({ commands }: Section): string[] {
  return commands.flatMap(({ text }) => {
    const start = /^npm start(?: -- ([a-z0-9-]+))?/.exec(text);
    return start ? [start[1] ?? "routed"] : [];
  });
}

/** Lines outside of the blocks, and each block as its commands. */
function partsOf(page: string): (string | Command[])[] {
  const parts: (string | Command[])[] = [];
  let block: (Command & { output: string[] })[] | undefined;
  let number = 0;
  for (const line of page.split("\n")) {
    if (block === undefined) {
      if (line === OPEN) block = [];
      else parts.push(line);
    } else if (line === CLOSE) {
      parts.push(block);
      block = undefined;
    } else if (line.startsWith(PROMPT)) {
      block.push({ number, text: line.slice(PROMPT.length), output: [] });
      number += 1;
    } else {
      const last = block.at(-1);
      if (last === undefined)
        throw new Error(`a console block begins with ${JSON.stringify(line)}, which is no command`);
      last.output.push(line);
    }
  }
  if (block !== undefined) throw new Error("the page's last console block has no end");
  return parts;
}
