/** Who holds a lock, as its record says. */
export interface LockHolder {
  pid: number;
  startTime?: string;
  machine: string;
  host: string;
  since: string;
}

export interface LockOptions {
  onWait?: ((holder: LockHolder) => void) | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  pollMs?: number;
}

export function withLock<Result>(
  directory: string,
  options: LockOptions,
  work: () => Promise<Result> | Result,
): Promise<Result>;
export function lockHolder(directory: string): LockHolder | undefined;
export function describeHolder(holder: LockHolder | undefined): string;
export function isAlive(pid: number, startTime?: string): boolean;
export function processStartTime(pid: number): string | undefined;
