/** What every step is given. */
export interface SetUpContext {
  /** The project's directory. */
  root: string;
  /** podlab's cache; see cache.ts. */
  cache: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Where Pulumi's releases are offered; a test puts a server of its own here. */
  pulumiSite: string;
  /** Where the releases of Pulumi's plugins are, a repository each. */
  pluginReleases: string;
}
