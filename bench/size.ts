/** How large a lab is: `16x4` is 16 hosts with 4 pods each. */
export interface Size {
  readonly hosts: number;
  readonly pods: number;
}

/** @throws Error for anything else */
export function sizeOf(text: string): Size {
  const [, hosts, pods] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (hosts === undefined) throw new Error(`${text} is no size; write hosts x pods, such as 4x4`);
  return { hosts: Number(hosts), pods: Number(pods) };
}
