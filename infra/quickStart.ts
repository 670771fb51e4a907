/**
 * Loaded before Pulumi's run of the program (NODE_OPTIONS, lab-scripts/setup/toolchain.ts): leaves out what @pulumi/pulumi
 * loads for programs that hand it functions to be turned into text (a TypeScript compiler, a package installer, a session
 * with V8's inspector) or that run Pulumi themselves, what maps places in compiled sources, what reports spans to who wants to
 * trace Pulumi (nobody, unless the command line or the environment says so), and zod's other languages. This program does none
 * of that, and starts half a second sooner. Without this file it runs just the same. Any other program is left alone.
 */
import { registerHooks } from "node:module";
import { speakOneLanguage } from "./oneLanguage.ts";

const RUN = /\/@pulumi\/pulumi\/cmd\/run(\/index\.js)?$/;
const UNUSED =
  /\/(@pulumi\/pulumi\/(automation\/index|runtime\/closure\/(codePaths|serializeClosure))|source-map-support\/register)\.js$/;
const SPANS =
  /\/@opentelemetry\/(exporter-zipkin|instrumentation(-grpc)?|resources|sdk-trace-(base|node))\/build\/src\/index\.js$/;
const INSPECTOR = /\/@pulumi\/pulumi\/runtime\/closure\/v8Hooks\.js$/;

if (RUN.test(process.argv[1]?.replaceAll("\\", "/") ?? "")) {
  const traced = process.env.TRACEPARENT !== undefined || process.argv.some((argument) => /^--?tracing/.test(argument));
  speakOneLanguage();
  registerHooks({
    load(url, context, next) {
      if (UNUSED.test(url) || (SPANS.test(url) && !traced)) {
        return { format: "commonjs", source: "", shortCircuit: true };
      }
      if (INSPECTOR.test(url)) {
        return { format: "commonjs", source: "exports.isInitializedAsync = async () => {};", shortCircuit: true };
      }
      return next(url, context);
    },
  });
}
