/** The part of a package-lock.json that says what is installed. */
export interface LockFile {
  packages?: Record<string, { version?: string; integrity?: string; optional?: boolean }>;
}

export function dependenciesAreCurrent(root: string): boolean;
export function writeStamp(root: string): void;
export function satisfies(installed: LockFile, lock: LockFile): boolean;
