/** `podlab COMMAND`: the commands, each in a file of its own that is loaded only when it is asked for. */
import { constants } from "node:os";
import { Command, CommanderError, Option } from "commander";
import { IS_CLONE } from "../infra/home.ts";
import { SpecError, UserError } from "../infra/spec/problem.ts";
import { EXIT, Failure } from "./exit.ts";
import type { DownOptions } from "./lab/down.ts";
import { podlabVersion } from "./lab/project.ts";

const DEFAULT_STACK = "routed";
const LAB = "a lab that podlab comes with, a file (./lab.yaml) or an https address of one";

// Whoever read it has read enough (podlab check | head): it ends as by SIGPIPE, which Node ignores.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(128 + constants.signals.SIGPIPE);
});

const program = new Command("podlab")
  .description("A lab of Kubernetes pod networking, built by hand and as code.")
  .configureHelp({ showGlobalOptions: true })
  .version(podlabVersion(), "-V, --version", "podlab's version")
  .exitOverride()
  .enablePositionalOptions()
  .addHelpText(
    "after",
    `${IS_CLONE ? "\nThrough npm, arguments go behind --:  npm start -- overlay" : ""}
Exit code: 0 all as expected, 1 not as expected, 2 the lab is not there or a probe could not run, 3 bad input`,
  );

program
  .command("setup")
  .description("install what is missing: Docker engine, Pulumi, its plugins, images")
  .action(async () => void (await (await import("./setup/setup.ts")).setUp()));

program
  .command("start")
  .description("build the lab, or bring it back to what its config says, and verify it")
  .argument("[lab]", LAB, DEFAULT_STACK)
  .option("--yes", "run a lab from the web without asking")
  .action(async (lab: string, options) => (await import("./commands/start.ts")).start(lab, options));

program
  .command("stop")
  .description("tear the lab down and prove that nothing is left")
  .argument("[lab]", "its name, or the file it was started from", DEFAULT_STACK)
  .option("--foreign", "also a lab of that name that another clone of podlab, or another stack, has made")
  .option("--skip-machine <name...>", "of a lab on several machines: one that can't be asked; what is on it stays")
  .action(stop);

program
  .command("restart")
  .description("stop, then start")
  .argument("[lab]", LAB, DEFAULT_STACK)
  .option("--yes", "run a lab from the web without asking")
  .action(async (lab: string, options) => {
    await stop(lab);
    return (await import("./commands/start.ts")).start(lab, options);
  });

program
  .command("check")
  .description("probe the running lab, without Pulumi")
  .argument("[lab]", "the lab's name; not needed when only one runs")
  .option("--from <name>", "only probes from this pod or node (host01/web, host01)")
  .option("--to <name>", "only probes to this pod or node (internet)")
  .option("--kind <kinds>", "only these kinds: icmp, tcp, tcp-closed, udp, udp-closed, path, mtu, spread, fact", listed)
  .option("--family <4|6>", "only this family of addresses")
  .option("--all", "everything, where a large lab is otherwise probed by a sample that changes from run to run")
  .option("--json", "print the report as JSON instead of the matrix")
  .option("--watch", "again and again; shows what changed")
  .action(async (lab: string | undefined, options) => (await import("./commands/check.ts")).check(lab, options));

program
  .command("verify", { hidden: true })
  .description("check, as `pulumi up` runs it: waits while the lab converges, ends with one line of JSON")
  .argument("<lab>")
  .action(async (lab: string) => (await import("./commands/verify.ts")).verify(lab));

program
  .command("fault")
  .description("break something of the running lab on purpose; `fault heal` undoes it")
  .argument("[name]", "a fault (--list shows them), or heal")
  .argument("[arguments...]", "its target and value: link-down host02, loss router 30")
  .option("--lab <lab>", "the lab's name; not needed when only one runs")
  .option("--list", "the faults there are")
  .action(async (name: string | undefined, args: string[], options) =>
    (await import("./commands/fault.ts")).fault(name, args, options),
  );

program
  .command("walk")
  .description("send one packet, captured on every interface of the lab, and show its way beside the model's")
  .argument("<from>", "a pod or a node: host01/web, host01, router")
  .argument("<to>", "a pod, a node or an address: host02/web, internet")
  .option("--icmp", "an echo request; this is what is sent unless told")
  .option("--tcp [port]", "a SYN; to the target's own first port unless told")
  .option("--udp [port]", "a datagram")
  .option("--ipv6", "to the target's IPv6 address")
  .option("--size <bytes>", "of the whole IP packet, which is then not to be split")
  .option("--ttl <hops>", "instead of 64")
  .option("--reply", "the answer's way, too")
  .option("--json", "print the walk as JSON (docs/walk.schema.json)")
  .option("--svg <file>", "draw the way as a sequence")
  .option("--pcap <file>", "write all that was captured of it, an interface each, for Wireshark")
  .option("--lab <lab>", "the lab's name; not needed when only one runs")
  .action(async (from: string, to: string, options) => (await import("./commands/walk.ts")).walk(from, to, options));

program
  .command("scenario")
  .description("the article, claim by claim: builds a lab, shows it, breaks it, heals it, removes it")
  .argument("[name]", "a scenario (--list shows them), or all")
  .option("--list", "the scenarios there are")
  .action(async (name: string | undefined, options) =>
    (await import("./commands/scenario.ts")).scenario(name, options),
  );

program
  .command("report")
  .description("write the page of a lab's last report again, and say where it is; --serve shows it live")
  .argument("[lab]", "the lab's name", DEFAULT_STACK)
  .option("--serve", "show it on this machine's own address, and every newer report as it comes (check --watch)")
  .option("--port <port>", "for --serve; a free one unless told")
  .action(async (lab: string, options) => (await import("./commands/report.ts")).report(lab, options));

program
  .command("graph")
  .description("draw a lab from its plan; nothing needs to run")
  .argument("[lab]", LAB, DEFAULT_STACK)
  .addOption(new Option("--format <format>").choices(["svg", "dot", "mermaid", "drawio"]).default("svg"))
  .option("--out <file>", "a file instead of standard output")
  .action(async (lab: string, options) => (await import("./commands/graph.ts")).graph(lab, options));

program
  .command("plan")
  .description("plan a lab of any size: who is on which machine, what it takes, how long; nothing is made")
  .option("--hosts <number>", "how many hosts", "16")
  .option("--machines <number>", "how many machines", "1")
  .option("--pods-per-host <number>", "how many pods on each", "2")
  .action(async (options) => (await import("./commands/plan.ts")).plan(options));

program
  .command("init")
  .description("write a lab's file to start from, and a CI job for it")
  .argument("[name]", "the lab's name; its file is NAME.yaml", "lab")
  .addOption(new Option("--ci <service>", "write a CI job, too").choices(["github", "gitlab"]))
  .action(async (name: string, options) => (await import("./commands/init.ts")).init(name, options));

program
  .command("import")
  .description("make a lab's file of Kubernetes manifests, and say what it leaves out")
  .argument("<files...>", "what `kubectl get … -o yaml` prints; - is standard input")
  .option("--out <file>", "a new file instead of standard output")
  .action(async (files: string[], options) => (await import("./commands/import.ts")).importFiles(files, options));

program
  .command("schema")
  .description("print the JSON Schema of a lab's file, for editors")
  .action(async () => void process.stdout.write((await import("./init/schema.ts")).schemaText()));

program
  .command("plugin", { hidden: true })
  .description("serve podlab's component to Pulumi's engine (pulumi-resource-podlab)")
  .argument("[arguments...]")
  .allowUnknownOption()
  .action(async (args: string[]) => (await import("./component/provider.ts")).serve(args));

program
  .command("clean")
  .description("stop this clone's labs, then remove podlab's images and caches")
  .action(async () => (await import("./commands/clean.ts")).clean());

program
  .command("pulumi")
  .description("Pulumi itself, as set-up found or built it: pulumi preview, pulumi up --refresh, pulumi stack ls")
  .argument("[arguments...]", `Pulumi's own; its stack is ${DEFAULT_STACK} unless --stack names another`)
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (args: string[]) => (await import("./commands/pulumi.ts")).pulumi(args, DEFAULT_STACK));

// What podlab is made and tested with, which the npm package has not.
if (IS_CLONE) {
  program
    .command("docs")
    .description("run the commands of docs/tour.md on real labs and write what they say into it")
    .argument("[stack]", "only the part that starts this stack")
    .action(async (stack: string | undefined) => (await import("./commands/docs.ts")).docs(stack));

  program
    .command("bench")
    .description("time building, checking, changing and removing labs, beside plain docker commands")
    .argument("[options...]", "--sizes 2x1,16x4  --runs 3  --compare (bench/README.md)")
    .allowUnknownOption()
    .action(async (options: string[]) => (await import("./commands/script.ts")).script("bench/main.ts", options));

  program
    .command("build")
    .description("build dist, which the npm package ships")
    .action(async () => void (await (await import("./release/build.ts")).build()));

  program
    .command("image")
    .description("build an image of podlab with all that it needs inside")
    .argument("[name]", "the image's name; podlab:VERSION unless given")
    .action(async (name?: string) => {
      process.stdout.write(`${await (await import("./release/image.ts")).buildImage(name)}\n`);
    });

  program
    .command("release-check")
    .description("check what must hold before a version is published")
    .action(async () => (await import("./release/check.ts")).releaseCheck());

  program
    .command("script", { hidden: true })
    .description("run a script of the project with all that a lab needs")
    .argument("<file>")
    .argument("[arguments...]")
    .allowUnknownOption()
    .action(async (file: string, args: string[]) => (await import("./commands/script.ts")).script(file, args));

  program
    .command("test")
    .description("every check of the project: types, lint, unit, program, real labs")
    .argument("[files...]", "only these test files, handed to vitest")
    .allowUnknownOption()
    .action(async (files: string[]) => (await import("./commands/script.ts")).script("test/run.ts", files, true));
}

async function stop(lab: string, options?: DownOptions): Promise<void> {
  const [{ down }, { stackNamed }] = await Promise.all([import("./lab/down.ts"), import("./lab/labFile.ts")]);
  return down(stackNamed(lab), options);
}

/** An option that is given several times: as if it were given once, with commas. */
function listed(value: string, before: string | undefined): string {
  return before === undefined ? value : `${before},${value}`;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

/** What went wrong, in words; a stack trace only for what is podlab's own fault. */
function tell(error: unknown): number {
  // commander has said its own already, and help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.asExpected : EXIT.badInput;
  if (error instanceof Failure) {
    if (error.message) process.stderr.write(`podlab: ${error.message}\n`);
    return error.exitCode;
  }
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`podlab: ${error.message}\n`);
  return error instanceof SpecError ? EXIT.badInput : EXIT.notProved;
}
