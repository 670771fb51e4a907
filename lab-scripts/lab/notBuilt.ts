import { EXIT, Failure } from "../exit.ts";
import type { Provisioning } from "../report/schema.ts";

/** The lab could not be built; how far it came is known. */
export class NotBuilt extends Failure {
  readonly provisioning: Provisioning;

  constructor(message: string, provisioning: Provisioning) {
    super(EXIT.notProved, message);
    this.provisioning = provisioning;
  }
}

/** The last that the verification says of a lab that is not as planned: that is its verdict, and no failure to build the lab. */
export const NOT_AS_PLANNED = "the lab does not do what its plan says; the report above names every difference";

/** Why Pulumi failed, where it says no more than what it saw of that: what became of the machine's engine, and what to do. */

/** With less than this left nothing can be built, and what failed may have given some of it back. */
const NEARLY_FULL = 100 * 1024 * 1024;

const FULL = "the disk is full or nearly full; free some (docker system df shows what takes it)";
/** In the words of Docker's client library; others may lose a connection, too, such as to a registry. */
const GONE = /cannot connect to the docker daemon|error during connect/i;

/**
 * Pure.
 * @param output all that Pulumi said
 * @param left bytes on the disk of Docker's engine, where that is known
 */
export function causeOf(output: string, left: number | undefined): string | undefined {
  if (/no space left on device/i.test(output)) return FULL;
  if (GONE.test(output)) return "the Docker engine was stopped or restarted meanwhile; see that it runs (docker info)";
  return left !== undefined && left <= NEARLY_FULL ? FULL : undefined;
}
