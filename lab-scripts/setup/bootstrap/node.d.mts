export interface NodePackage {
  name: string;
  version: string;
}

export function nodePackage(platform?: string, arch?: string): NodePackage | undefined;
export function ownNodeDirectory(root: string, wanted: NodePackage): string;
export function runsTypeScript(version: string): boolean;
export function findNode(root: string): string | undefined;
