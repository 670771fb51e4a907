/** What podlab is made and tried with; the npm packages of the same names are pinned to it in package.json. */
export const PULUMI_VERSION = "3.259.0";
export const PLUGINS = [
  { name: "docker", version: "5.2.0" },
  { name: "command", version: "1.2.1" },
] as const;

/**
 * The oldest engine of the user's own that podlab uses: the first that knows all that the pinned Node SDK may ask for
 * in a resource's options (`replacementTrigger` came last, in 3.211). An older one is left alone, and podlab gets
 * another beside it.
 */
export const OLDEST_PULUMI = "3.211.0";

/** Pulumi's names for a platform, which are Node's. */
export const PLATFORM = `${process.platform}-${process.arch}`;
