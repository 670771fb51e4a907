import { noted } from "../lab/asLeft.ts";
import { LanguageHost } from "../lab/attend/languageHost.ts";

/** Builds the lab of a stack, or brings it back to what its config says; verifies it; ends with the report. */
export async function start(stack: string): Promise<void> {
  const before = noted(stack);
  // Pulumi will be run, unless nothing changed: what it runs is loaded while all else that this command takes is.
  const host = before?.same ? undefined : new LanguageHost();
  try {
    const { bringUp } = await import("../lab/bringUp.ts");
    await bringUp(stack, before, host);
  } finally {
    host?.end();
  }
}
