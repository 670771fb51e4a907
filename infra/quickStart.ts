/**
 * Loaded before Pulumi's run of the program (NODE_OPTIONS, lab-scripts/setup/toolchain.ts): leaves out what @pulumi/pulumi
 * loads for programs that hand it functions to be turned into text (a TypeScript compiler, a package installer, a session
 * with V8's inspector) or that run Pulumi themselves, and what maps places in compiled sources. This program does none of
 * that, and starts half a second sooner. Without this file it runs just the same. Any other program is left alone.
 */
import { registerHooks } from "node:module";

const RUN = /\/@pulumi\/pulumi\/cmd\/run(\/index\.js)?$/;
const UNUSED =
  /\/(@pulumi\/pulumi\/(automation\/index|runtime\/closure\/(codePaths|serializeClosure))|source-map-support\/register)\.js$/;
const INSPECTOR = /\/@pulumi\/pulumi\/runtime\/closure\/v8Hooks\.js$/;

if (RUN.test(process.argv[1]?.replaceAll("\\", "/") ?? "")) {
  registerHooks({
    load(url, context, next) {
      if (UNUSED.test(url)) return { format: "commonjs", source: "", shortCircuit: true };
      if (INSPECTOR.test(url)) {
        return { format: "commonjs", source: "exports.isInitializedAsync = async () => {};", shortCircuit: true };
      }
      return next(url, context);
    },
  });
}
