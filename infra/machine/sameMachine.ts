/** Whether the engine runs on the machine that podlab runs on: what this one's kernel says is then about the engine, too. */
import { hostname, release, totalmem } from "node:os";
import { Docker } from "./docker.ts";

/** Of what an engine says of itself (https://docs.docker.com/reference/api/engine/, System). */
export interface EngineInfo {
  /** Kept with its data: no other engine has it. */
  readonly ID: string;
  readonly Name: string;
  readonly KernelVersion: string;
  /** Bytes. */
  readonly MemTotal: number;
  readonly DockerRootDir: string;
}

/** @throws DockerError */
export const engineInfo = (): Promise<EngineInfo> => new Docker().get<EngineInfo>("/info");

/**
 * Returns where the engine keeps its data on this machine; undefined where the engine is on another machine, in a virtual one, or
 * outside of the container that podlab runs in. An address does not tell: a socket may lead anywhere.
 * @throws DockerError
 */
export async function dataRootHere(info = engineInfo()): Promise<string | undefined> {
  const { Name, KernelVersion, MemTotal, DockerRootDir } = await info;
  return Name === hostname() && KernelVersion === release() && MemTotal === totalmem() ? DockerRootDir : undefined;
}
