/** What a machine must have for labs in network namespaces. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  bridge: "iproute2",
  tc: "iproute2",
  iptables: "iptables",
  "iptables-restore": "iptables",
  "ip6tables-save": "iptables",
  sysctl: "procps",
  python3: "python3",
  perl: "perl-base",
  curl: "curl",
};

/** @throws Error naming everything that is missing, and what brings it */
export function demandNamespaces(): void {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = Object.keys(PACKAGES).filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  const packages = [...new Set(missing.map((tool) => PACKAGES[tool]))].join(" ");
  const problems = [
    ...(process.getuid?.() === 0 ? [] : ["this user may not make network namespaces: run it as root"]),
    ...(missing.length === 0 ? [] : [`${missing.join(", ")} not found: apt-get install ${packages}`]),
  ];
  if (problems.length > 0) throw new Error(`labs in network namespaces can't be made here: ${problems.join("; ")}`);
}
