import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
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
