/**
 * While Pulumi runs, `npm start` could only wait. Meanwhile it does what Pulumi's program and its verification would have to
 * begin from nothing: it looks into the nodes while Pulumi starts, computes what is expected while Pulumi works, and verifies
 * without another process being loaded for that. They ask it over a socket whose path the environment has; where nobody
 * attends, or the attendant can't help, they do it themselves.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { planDigest } from "../../infra/components/scripts.ts";
import { ATTENDANT } from "../../infra/machine/attendant.ts";
import { type Expectation, sightsExpected } from "../../infra/model/check.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { affectedBy } from "../verify/affected.ts";
import { dockerExec } from "../verify/nodeProgram.ts";
import { type Begun, Probers } from "../verify/probers.ts";
import { different, waysOf } from "../verify/proof.ts";
import type { Looks } from "./looks.ts";
import { plannedOf, readProof } from "./proofs.ts";
import { toldOf, verifyBuilt } from "./verifyBuilt.ts";
import { type Expected, expectedOf, type Verified } from "./verifyLab.ts";

/** Until an answer is out of the house. */
const A_MOMENT_MS = 20;

/** What is asked, as infra/machine/attendant.ts and lab-scripts/door/verify.mjs write it. */
type Asked =
  | { readonly ask: "nodes" }
  | { readonly ask: "verify"; readonly plan: string; readonly generations: string; readonly mended: string };

export interface Attended {
  readonly plan: LabPlan;
  readonly looks: Looks;
  /** Probers that wait already. One that has ended meanwhile is made up for: a lab that was just built is given a while. */
  readonly waiting: Begun;
}

export class Attendant {
  readonly #plan: LabPlan;
  readonly #looks: Looks;
  readonly #waiting: Begun;
  readonly #path: string;
  readonly #server: Server;
  #expected: Expected | undefined;
  /** The verification that it was asked for, once its report is written. */
  verified: Promise<Verified> | undefined;

  private constructor({ plan, looks, waiting }: Attended, path: string) {
    this.#plan = plan;
    this.#looks = looks;
    this.#waiting = waiting;
    this.#path = path;
    this.#server = createServer((socket) => void this.#attend(socket));
  }

  /** In the system's folder for such things: a socket's path may not be long (unix(7), sun_path). */
  static async begin(attended: Attended): Promise<Attendant> {
    const folder = await mkdtemp(join(tmpdir(), "podlab-"));
    const attendant = new Attendant(attended, join(folder, "socket"));
    await once(attendant.#server.listen(attendant.#path), "listening");
    return attendant;
  }

  /** For Pulumi, and all that it starts. */
  get env(): Record<string, string> {
    return { [ATTENDANT]: this.#path };
  }

  async end(): Promise<void> {
    this.#server.close();
    await rm(dirname(this.#path), { recursive: true, force: true });
  }

  async #attend(socket: Socket): Promise<void> {
    socket.on("error", () => {}); // who asked has gone: there is nobody to tell
    const [line] = (await once(createInterface(socket), "line").catch(() => [])) as [string?];
    if (line === undefined) return;
    const asked = JSON.parse(line) as Asked;
    if (asked.ask === "nodes") socket.end(JSON.stringify(await this.#looks.said()), () => this.#thinkAhead());
    else await this.#verify(asked, socket).catch((error: Error) => socket.destroy(error));
  }

  async #verify({ plan, generations, mended }: Asked & { ask: "verify" }, socket: Socket): Promise<void> {
    const say = (what: object) => socket.write(`${JSON.stringify(what)}\n`);
    // Between reading the config here and there it may have been changed.
    if (plan !== planDigest(this.#plan)) {
      socket.end();
      return;
    }
    const given = new AbortController();
    socket.on("close", () => given.abort());
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    const verified = verifyBuilt(this.#plan.lab, {
      plan: this.#plan,
      probers: new Probers(this.#plan, {}, dockerExec, this.#waiting),
      expected: () => this.#expect(),
      told: { generations, mended },
      signal: given.signal,
      tell: (line) => say({ tell: `podlab: ${line}\n` }),
      hear: (report) => {
        // Whoever asked was ended meanwhile: this is no report on the lab.
        given.signal.throwIfAborted();
        this.verified = verified;
        say(toldOf(report));
        hear();
      },
    });
    await Promise.race([heard, verified]);
    socket.end();
  }

  /** While Pulumi makes what has changed. Not sooner: of a large lab it takes a second, in which nobody is answered. */
  #thinkAhead(): void {
    setTimeout(() => this.#likely().forEach(sightsExpected), A_MOMENT_MS).unref();
  }

  /** What will be probed, as far as anybody can tell before it is done. What is missing here is computed later. */
  #likely(): readonly Expectation[] {
    const { expectations } = this.#expect().computed;
    const proof = readProof(this.#plan.lab);
    if (!proof) return expectations;
    const changed = different(proof.planned, plannedOf(this.#plan));
    const { numbers } = affectedBy(this.#plan, expectations, waysOf(proof), changed);
    return numbers.map((number) => expectations[number]!);
  }

  #expect(): Expected {
    this.#expected ??= expectedOf(this.#plan);
    return this.#expected;
  }
}
