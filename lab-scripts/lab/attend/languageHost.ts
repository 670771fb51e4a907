/**
 * Pulumi asks a language host to run a program, by gRPC (proto/pulumi/language.proto in its sources). Its own for Node is
 * started twice in each `up`, and only then Node, and only then the program is loaded. Told the address of another one
 * (`--client`, as Pulumi's Automation API does) it asks that: this one, whose program is loaded while Pulumi still starts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import type { Order } from "../../../infra/inAdvance.ts";
import { nodeOptions, ROOM_FOR_OLD } from "../../setup/toolchain.ts";
import { ROOT } from "../project.ts";

const require = createRequire(import.meta.url);

/** Takes a connection that was made, and answers what it asks. */
interface ConnectionInjector {
  injectConnection(socket: Socket): void;
}

/** With this exit code the program has told the user what is wrong (@pulumi/pulumi/cmd/run). */
const TOLD = 32;

/** One that is loaded, or loading, and waits for an order. */
class Program {
  readonly #process: ChildProcess;
  /** Its exit code; null where it could not be started, or was ended by a signal. */
  readonly ended: Promise<number | null>;

  constructor() {
    const inAdvance = pathToFileURL(join(ROOT, "infra/inAdvance.ts")).href;
    const run = require.resolve("@pulumi/pulumi/cmd/run");
    this.#process = spawn(process.execPath, [ROOM_FOR_OLD, `--import=${inAdvance}`, run], {
      env: { ...process.env, NODE_OPTIONS: nodeOptions(process.env) },
      // Standard output is for what podlab itself has to say.
      stdio: ["ignore", process.stderr, process.stderr, "ipc"],
      // Ctrl-C is for Pulumi, which ends the program in good order.
      detached: true,
    });
    this.ended = once(this.#process, "exit").then(
      ([code]: (number | null)[]) => code ?? null,
      () => null,
    );
  }

  run(order: Order): void {
    // One that has ended is not told any more; that it has is the answer.
    this.#process.send(order, () => {});
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}

export class LanguageHost {
  readonly #door = createServer();
  readonly #programs: Program[] = [];
  #waiting: Program | undefined;
  /** What the program finds in its environment beside what this process had when it was begun. */
  env: Readonly<Record<string, string>> = {};

  /** Has the program loaded. */
  constructor() {
    this.#load();
  }

  /** The address at which it is to be asked, on this machine alone. */
  async listen(): Promise<string> {
    await once(this.#door.listen(0, "127.0.0.1"), "listening");
    // Pulumi comes half a second after it was started: time to load what speaks gRPC.
    const speaker = new Promise<ConnectionInjector>((resolve) => setImmediate(() => resolve(this.#speaker())));
    this.#door.on("connection", (socket) => void speaker.then((grpc) => grpc.injectConnection(socket)));
    return `127.0.0.1:${(this.#door.address() as AddressInfo).port}`;
  }

  /** Ends the programs, too, should one be there still. */
  end(): void {
    this.#door.close();
    for (const program of this.#programs) program.end();
  }

  #load(): Program {
    this.#waiting = new Program();
    this.#programs.push(this.#waiting);
    return this.#waiting;
  }

  #speaker(): ConnectionInjector {
    const { Server, ServerCredentials } = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js");
    const server = new Server();
    server.addService(LanguageRuntimeService, this.#service());
    return server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  #service(): UntypedServiceImplementation {
    const { GetRequiredPluginsResponse, RunResponse } =
      require("@pulumi/pulumi/proto/language_pb.js") as typeof import("@pulumi/pulumi/proto/language_pb.js");
    const { PluginInfo } =
      require("@pulumi/pulumi/proto/plugin_pb.js") as typeof import("@pulumi/pulumi/proto/plugin_pb.js");
    return {
      // Each resource names its plugin and the version; set-up has seen that they are there.
      getRequiredPlugins: (_: unknown, answer: sendUnaryData<object>) => answer(null, new GetRequiredPluginsResponse()),
      getPluginInfo: (_: unknown, answer: sendUnaryData<object>) => answer(null, new PluginInfo()),
      run: async ({ request }: { request: RunRequest }, answer: sendUnaryData<RunResponse>) => {
        const response = new RunResponse();
        const code = await this.#run(request);
        if (code === TOLD) response.setBail(true);
        else if (code === null) response.setError("the program was killed, or could not be started");
        else if (code !== 0) response.setError(`the program ended by itself, with exit code ${code}`);
        answer(null, response);
      },
    };
  }

  /** @returns the program's exit code, as Program has it */
  #run(request: RunRequest): Promise<number | null> {
    const program = this.#waiting ?? this.#load();
    this.#waiting = undefined;
    const [engine] = request.getArgsList() as [string];
    program.run({
      // Its working directory is where Pulumi says the program is, and the program is the module there.
      argv: ["--monitor", request.getMonitorAddress(), "--engine", engine, "--pwd", request.getPwd(), "."],
      env: { ...this.env },
      config: Object.fromEntries(request.getConfigMap().toArray()),
      secretKeys: request.getConfigsecretkeysList(),
      project: request.getProject(),
      stack: request.getStack(),
      organization: request.getOrganization(),
      parallel: request.getParallel(),
      dryRun: request.getDryrun(),
      engine,
      monitor: request.getMonitorAddress(),
    });
    // A preview is followed by a run in earnest, as a rule.
    if (request.getDryrun()) this.#load();
    return program.ended;
  }
}
