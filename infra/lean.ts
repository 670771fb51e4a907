/**
 * Import this first. @pulumi/pulumi takes the stack of a new Error for each of the thousands of promises it makes, to name
 * those that leak, and its language host has source-map-support turn every frame of it into a place in a source: a quarter
 * of the program's processor time, for sources that Node runs as they are. V8 by itself prints the very same places, and
 * a promise that leaks is named by what it was for.
 *
 * Of each resource it keeps where in the sources it was declared, all frames, in the state: a tenth of what is written
 * before and after every step, with the path of the project in it. Nobody reads that here.
 *
 * Three times for each resource it tells the engine what it is about to do, one call after another, asked for or not: half of
 * all its calls. With `pulumi up --debug` these lines are missing; those of the engine and the plugins are there.
 */
import { Resource } from "@pulumi/pulumi";
import log from "@pulumi/pulumi/log/index.js";
import untyped from "@pulumi/pulumi/runtime/debuggable.js";

Error.prepareStackTrace = undefined as never;

const debuggable = untyped as unknown as { debuggablePromise: (promise: Promise<unknown>, about: unknown) => unknown };
const { debuggablePromise } = debuggable;
debuggable.debuggablePromise = (...args) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return debuggablePromise(...args);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};
Object.assign(Resource, { stackTrace: () => [] });
Object.assign(log, { debug: () => Promise.resolve() });
