/**
 * What the user's own run of Pulumi is spared: the program is loaded, and its nodes asked, while Pulumi starts and Docker's
 * provider waits two seconds before it looks at a network.
 */
import type { Inventory } from "../../../infra/machine/inventory.ts";
import { stackLabHere } from "../stackSpec.ts";
import { Attendant } from "./attendant.ts";
import { untilIdle } from "./idle.ts";
import { LanguageHost } from "./languageHost.ts";
import { Looks, type Said } from "./looks.ts";

/** Commands of Pulumi that run the program. */
const RUNS = new Set(["up", "update", "preview", "pre"]);

/** With these it is another language host's to run, or another config that the lab is made from. */
const OTHERS =
  /^(--(attach-debugger|client|config|config-file|config-path|cwd|help|otel-traces|run-program|tracing)(=|$)|-\w*[cCh])/;

export interface Beside {
  readonly args: readonly string[];
  /** Additions to Pulumi's environment. */
  readonly env: Readonly<Record<string, string>>;
  end(): Promise<void>;
}

const NOTHING = { env: {}, end: async () => {} };

/** @param args Pulumi's, which are passed on with what this adds @param env what Pulumi finds in its environment */
export async function besidePulumi(
  args: readonly string[],
  stack: string,
  env: Readonly<Record<string, string>>,
): Promise<Beside> {
  const [command = "", ...rest] = args;
  if (!RUNS.has(command) || args.some((one) => OTHERS.test(one))) return { ...NOTHING, args };
  const host = new LanguageHost();
  const [address, attendant] = await Promise.all([host.listen(), attend(stackOf(rest) ?? stack)]);
  host.env = { ...env, ...attendant?.env };
  return {
    args: [command, `--client=${address}`, ...rest],
    env: attendant?.env ?? {},
    end: async () => {
      host.end();
      await attendant?.end();
    },
  };
}

/** Undefined where there is no such lab to be had: it is Pulumi's to say so. */
async function attend(stack: string): Promise<Attendant | undefined> {
  try {
    const { plan, found } = await stackLabHere(stack);
    const looks = looksWhenIdle(plan.lab, found);
    return await Attendant.begin({ plan, looks, waiting: () => undefined, changes: false });
  } catch {
    return undefined;
  }
}

/** Not before: Pulumi's own start would take longer by it. */
function looksWhenIdle(lab: string, { containers }: Inventory): Said {
  const asked = new AbortController();
  const looks = untilIdle(asked.signal).then(() => new Looks(lab, containers));
  return {
    said: async () => {
      asked.abort();
      return (await looks).said();
    },
  };
}

function stackOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((one) => /^(-s|--stack)$/.test(one));
  return at < 0 ? args.flatMap((one) => /^(?:-s|--stack)=(.*)$/.exec(one)?.[1] ?? [])[0] : args[at + 1];
}
