import { runCommand } from "./command.ts";

/** One of the package indexes that apt knows on this machine, as `apt-get indextargets` lists it. */
export interface AptIndex {
  /** Who signs for it, from its Release file: `Debian`, `Ubuntu`, a third party, or nothing before an update. */
  origin: string;
  label: string;
  component: string;
  uri: string;
}

const FIELDS = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The package indexes of this machine. apt itself reads its configuration, in all the forms that this can have. */
export async function aptIndexes(signal: AbortSignal): Promise<AptIndex[]> {
  const { stdout } = await runCommand("apt-get", ["indextargets", "--format", FIELDS, "Created-By: Packages"], {
    signal,
    timeoutMs: 30_000,
  });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [origin = "", label = "", component = "", uri = ""] = line.split("|");
      return { origin, label, component, uri };
    });
}

/**
 * Lines of sources.list for a Debian release, from the mirrors that this machine uses for Debian of any release.
 * What others offer (Docker, NodeSource, …) stays out, though its suite may bear the release's name: only what Debian
 * signs counts, and it is verified against Debian's keyring.
 * @returns no lines where the machine knows no Debian mirror, as on Ubuntu
 */
export function debianSources(indexes: readonly AptIndex[], release: string): string[] {
  const main = indexes.filter(({ origin, component }) => origin === "Debian" && component === "main");
  const mirrors = unique(main.filter(({ label }) => label === "Debian").map(({ uri }) => uri));
  const security = unique(main.filter(({ label }) => label === "Debian-Security").map(({ uri }) => uri));
  if (mirrors.length === 0) return [];
  const line = (uri: string, suite: string) => `deb [signed-by=${KEYRING}] ${uri} ${suite} main`;
  return [
    ...mirrors.flatMap((uri) => [line(uri, release), line(uri, `${release}-updates`)]),
    ...security.map((uri) => line(uri, `${release}-security`)),
  ];
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
