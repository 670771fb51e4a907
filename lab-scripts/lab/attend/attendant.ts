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
import { planDigest } from "../../../infra/components/scripts.ts";
import { sightsExpected } from "../../../infra/expect/check.ts";
import { fingerprint } from "../../../infra/fingerprint.ts";
import { type Asked, ATTENDANT, type ToProve } from "../../../infra/machine/attendant.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { EXIT, exitCodeOf } from "../../verify/exitCode.ts";
import { dockerExec } from "../../verify/nodeProgram.ts";
import { type Begun, Probers } from "../../verify/probers.ts";
import { different } from "../../verify/proof.ts";
import type { Report } from "../../verify/report/report.ts";
import { containersOf, plannedOf, readProof } from "../proofs.ts";
import { toldOf, verifyBuilt } from "../verifyBuilt.ts";
import { type Expected, expectedOf, type Since, type Verified } from "../verifyLab.ts";
import { ApplyAndProbe } from "./applyAndProbe.ts";
import type { Said } from "./looks.ts";

/** Until an answer is out of the house. */
const A_MOMENT_MS = 20;

export interface Attended {
  readonly plan: LabPlan;
  readonly looks: Said;
  /** Probers that wait already. One that has ended meanwhile is made up for: a lab that was just built is given a while. */
  readonly waiting: Begun;
  /** Whether something is known to change, so that a proof will be asked for. */
  readonly changes: boolean;
}

/** A proof that is being made. */
interface Proving {
  readonly what: ToProve;
  readonly control: AbortController;
  /** What there was to say of it. */
  readonly told: readonly string[];
  /** Before its files are written. */
  readonly report: Promise<Report>;
  ended?: Report;
  readonly written: Promise<Verified>;
}

/** A proof that was begun before Pulumi had come to its end. */
interface Ahead {
  readonly proving: Proving;
  /** The lab's containers when it was begun. */
  readonly containers: Promise<string | undefined>;
}

export class Attendant {
  readonly #plan: LabPlan;
  #looks: Said | undefined;
  readonly #news = new ApplyAndProbe();
  readonly #waiting: Begun;
  readonly #changes: boolean;
  readonly #path: string;
  readonly #server: Server;
  readonly #expected = new Map<string | undefined, Expected>();
  #ahead: Ahead | undefined;
  /** The verification that it was asked for, once its report is written. */
  verified: Promise<Verified> | undefined;

  private constructor({ plan, looks, waiting, changes }: Attended, path: string) {
    this.#plan = plan;
    this.#looks = looks;
    this.#waiting = (node) => this.#news.take(node.container) ?? waiting(node);
    this.#changes = changes;
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
    if (!this.verified) this.#ahead?.proving.control.abort();
    this.#server.close();
    this.#news.dismiss();
    await rm(dirname(this.#path), { recursive: true, force: true });
  }

  async #attend(socket: Socket): Promise<void> {
    socket.on("error", () => {}); // who asked has gone: there is nobody to tell
    const lines = createInterface(socket)[Symbol.asyncIterator]();
    const line = () =>
      lines.next().then(
        ({ value }) => value as string | undefined,
        () => undefined,
      );
    const first = await line();
    if (first === undefined) return;
    const asked = JSON.parse(first) as Asked;
    if (asked.ask === "nodes") await this.#say(socket);
    else if (asked.ask === "apply")
      socket.end(
        await this.#news.apply(
          asked,
          line().then((word = "") => word),
        ),
      );
    else if (asked.ask === "prove ahead") {
      this.#proveAhead(asked);
      socket.end();
    } else await this.#verify(asked, socket).catch((error: Error) => socket.destroy(error));
  }

  /** Once: who asks again, after the preview, wants to know how the nodes are then. */
  async #say(socket: Socket): Promise<void> {
    const looks = this.#looks;
    this.#looks = undefined;
    socket.end(JSON.stringify((await looks?.said()) ?? {}), () => this.#changes && this.#thinkAhead());
  }

  #proveAhead(what: ToProve): void {
    if (!this.#means(what)) return;
    const containers = this.#containers();
    this.#ahead = { proving: this.#prove(what), containers };
  }

  async #verify(what: ToProve, socket: Socket): Promise<void> {
    // Otherwise who asked does it himself.
    if (!this.#means(what)) {
      socket.end();
      return;
    }
    const proving = (await this.#madeAhead(what)) ?? this.#prove(what);
    const stop = () => proving.control.abort();
    if (socket.destroyed) stop();
    socket.on("close", stop);
    const report = await proving.report;
    this.verified = proving.written;
    for (const line of proving.told) socket.write(`${JSON.stringify({ tell: `podlab: ${line}\n` })}\n`);
    socket.end(`${JSON.stringify(toldOf(report))}\n`);
  }

  /** Between reading the config here and there it may have been changed. */
  #means({ plan }: ToProve): boolean {
    return plan === planDigest(this.#plan);
  }

  /**
   * The proof that was made ahead, where it is what is asked for: of the same units in the same containers. What was not as
   * expected before all was asked for has to be seen again.
   */
  async #madeAhead({ generations, mended }: ToProve): Promise<Proving | undefined> {
    if (!this.#ahead) return undefined;
    const { proving, containers } = this.#ahead;
    const { what } = proving;
    const sameUnits = what.generations === generations && what.mended === mended;
    const before = await containers;
    const same = sameUnits && before !== undefined && before === (await this.#containers());
    // As it is by now.
    const { ended } = proving;
    if (same && (ended === undefined || exitCodeOf(ended) === EXIT.asExpected)) return proving;
    proving.control.abort();
    return undefined;
  }

  /** A digest of what Docker says of them; undefined where it can't say. */
  #containers(): Promise<string | undefined> {
    return containersOf(this.#plan).then(
      (containers) => fingerprint([...containers]),
      () => undefined,
    );
  }

  #prove(what: ToProve): Proving {
    const { promise: report, resolve: hear, reject } = Promise.withResolvers<Report>();
    const control = new AbortController();
    const told: string[] = [];
    const written = verifyBuilt(this.#plan.lab, {
      plan: this.#plan,
      probers: new Probers(this.#plan.nodes, {}, dockerExec, this.#waiting),
      expected: (since) => this.#expect(since),
      told: what,
      signal: control.signal,
      tell: (line) => told.push(line),
      hear: (heard) => {
        proving.ended = heard;
        hear(heard);
      },
    });
    const proving: Proving = { what, control, told, report, written };
    written.catch(reject);
    report.catch(() => {}); // whoever waits for it is told
    return proving;
  }

  /** While Pulumi makes what has changed. Not sooner: of a large lab it takes a second, in which nobody is answered. */
  #thinkAhead(): void {
    setTimeout(() => this.#likely().computed.expectations.forEach(sightsExpected), A_MOMENT_MS).unref();
  }

  /** What will be probed, as far as anybody can tell before it is done. What is missing here is computed later. */
  #likely(): Expected {
    const proof = readProof(this.#plan.lab);
    return this.#expect(proof && { proof, changed: different(proof.planned, plannedOf(this.#plan)) });
  }

  /** Once for each change. */
  #expect(since?: Since): Expected {
    const of = since && [since.proof.wholeAt, ...[...since.changed].sort()].join(" ");
    const expected = this.#expected.get(of) ?? expectedOf(this.#plan, since);
    this.#expected.set(of, expected);
    return expected;
  }
}
