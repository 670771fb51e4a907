/** What every interface of every node, and of some pods, sees of echo requests while something is done. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { docker, lines } from "../../infra/machine/docker.ts";
import type { LabPlan } from "../../infra/model/plan.ts";

/** A packet as one interface saw it. */
export interface Seen {
  readonly netns: string;
  readonly interface: string;
  readonly direction: "in" | "out";
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  /** Inside of a VXLAN packet. */
  readonly inside?: { readonly source: string; readonly destination: string; readonly ttl: number };
}

const SNIFF = `
enter=
[ -z "$PAUSE" ] || enter="nsenter --net=/proc/$(docker inspect --format '{{.State.Pid}}' "$PAUSE")/ns/net"
$enter tcpdump -i any -n -v -tt --nano -l --immediate-mode 'icmp[icmptype] == icmp-echo or udp port 4789' &
cat > /dev/null
kill $!
wait
`;

/** Echo requests and VXLAN packets seen anywhere while something is done, in the order of time. */
export async function captured(plan: LabPlan, pods: readonly string[], during: () => Promise<void>): Promise<Seen[]> {
  const ends = plan.pods.filter(({ id }) => pods.includes(id));
  const places = [
    ...plan.nodes.map(({ name, container }) => ({ netns: name, container, pause: "" })),
    ...ends.map(({ id, host, pause }) => ({
      netns: id,
      container: plan.nodes.find(({ name }) => name === host)!.container,
      pause,
    })),
  ];
  const sniffers = await Promise.all(places.map(sniff));
  await during();
  // The last capture prints a moment after the answer came.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const named = await Promise.all(
    plan.nodes.map(async ({ name, container }) => [name, await realNames(plan, name, container)] as const),
  );
  const names = new Map(named);
  const all = await Promise.all(
    sniffers.map(async ({ netns, end }) => readCapture(await end(), netns, names.get(netns) ?? new Map())),
  );
  return all
    .flat()
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ at: _, ...seen }) => seen);
}

async function sniff({ netns, container, pause }: { netns: string; container: string; pause: string }) {
  const child = spawn("docker", ["exec", "-i", "--env", `PAUSE=${pause}`, container, "sh", "-c", SNIFF]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more) => {
    text += more;
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (more) => {
      said += more;
      if (said.includes("listening on")) resolve();
    });
    child.once("close", () => reject(new Error(`tcpdump in ${netns} did not start: ${said.trim()}`)));
  });
  return {
    netns,
    async end(): Promise<string> {
      const closed = once(child, "close");
      child.stdin.end();
      await closed;
      return text;
    },
  };
}

/** The plan's name of each Ethernet interface by the kernel's: Docker numbers them as it likes, addresses tell. */
async function realNames(plan: LabPlan, node: string, container: string): Promise<Map<string, string>> {
  const planned = plan.netns.find(({ id }) => id === node)!.interfaces;
  const rows = lines(await docker("exec", container, "ip", "-o", "-4", "address"));
  return new Map(
    rows.flatMap((row) => {
      const [, real, , address] = row.trim().split(/\s+/);
      const name = planned.find(({ addresses }) => addresses.includes(address!))?.name;
      return name ? [[real!, name] as const] : [];
    }),
  );
}

const HEAD = /^(\d+\.\d+) (\S+)\s+(In|Out|P|B|M)\s/;
const ENDS = /(\d+\.\d+\.\d+\.\d+)(?:\.\d+)? > (\d+\.\d+\.\d+\.\d+)(?:\.\d+)?:/g;

/** What `tcpdump -v -tt -i any` printed, record by record. Ports of a bridge are left out: the bridge itself is in. */
export function readCapture(
  text: string,
  netns: string,
  names: ReadonlyMap<string, string>,
): (Seen & { readonly at: string })[] {
  return text.split(/\n(?=\d+\.\d+ )/).flatMap((record) => {
    const [, at, real, direction] = HEAD.exec(record) ?? [];
    if (at === undefined || (direction !== "In" && direction !== "Out")) return [];
    if (/^(veth|lo$)/.test(real!) || record.includes("echo reply")) return [];
    const ttls = [...record.matchAll(/\bttl (\d+)/g)].map(([, ttl]) => Number(ttl));
    const ends = [...record.matchAll(ENDS)].map(([, source, destination]) => ({
      source: source!,
      destination: destination!,
    }));
    const [outer, inner] = ends.map((one, number) => ({ ...one, ttl: ttls[number]! }));
    if (!outer) return [];
    const seen = {
      netns,
      interface: names.get(real!) ?? real!,
      direction: direction === "In" ? ("in" as const) : ("out" as const),
      ...outer,
      ...(inner ? { inside: inner } : {}),
    };
    // To the nanosecond, which a number could not hold; the digits before the point are as many for centuries.
    return [{ at, ...seen }];
  });
}
