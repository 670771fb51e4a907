/**
 * Import this first. @pulumi/pulumi takes the stack of a new Error for each of the thousands of promises it makes, to name
 * those that leak, and its language host has source-map-support turn every frame of it into a place in a source: a quarter
 * of the program's processor time, for sources that Node runs as they are. V8 by itself prints the very same places, and
 * the first ones are enough.
 */
Error.prepareStackTrace = undefined as never;
Error.stackTraceLimit = 3;
