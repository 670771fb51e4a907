/** Leaves out zod's words in fifty languages, a file each: they take longer to load than all the rest of it. */
import { registerHooks } from "node:module";

const LANGUAGES = /\/zod\/v4\/locales\/index\.js$/;

/** Of use before zod is loaded. */
export function speakOneLanguage(): void {
  registerHooks({
    load: (url, context, next) =>
      LANGUAGES.test(url)
        ? { format: "module", source: 'export { default as en } from "./en.js";', shortCircuit: true }
        : next(url, context),
  });
}
