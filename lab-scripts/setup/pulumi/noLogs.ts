import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const IN_ITS_PLACE = `This file keeps Pulumi from logging here all it does, down to each property of each resource, in every run:
that takes a third of its processor time and, over the weeks, 500 MB. There is no setting against it; without a
folder it goes on without. To see what it would say: npm run pulumi -- preview --logtostderr -v=9
`;

/**
 * For a PULUMI_HOME of podlab's own. What Pulumi does with its logs: pkg/logging in its sources (v3.259.0), which asks for
 * nothing but the size and the age at which old ones go.
 */
export function keepNoLogs(home: string): void {
  const logs = join(home, "logs");
  const found = statSync(logs, { throwIfNoEntry: false });
  if (found?.isFile()) return;
  mkdirSync(home, { recursive: true });
  // Two may do this at once: what is there goes out of the way first, and the file comes at one stroke.
  const aside = `${logs}.${process.pid}`;
  if (found) renameAway(logs, aside);
  writeFileSync(aside, IN_ITS_PLACE);
  try {
    renameSync(aside, logs);
  } catch {
    // A Pulumi that started meanwhile has made its folder again: the next time, then.
    rmSync(aside, { force: true });
  }
}

function renameAway(logs: string, aside: string): void {
  try {
    renameSync(logs, aside);
    rmSync(aside, { recursive: true });
  } catch {
    // Somebody else was quicker.
  }
}
