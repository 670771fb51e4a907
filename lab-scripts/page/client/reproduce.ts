/** The commands that make a probe again: podlab's own, and one with the tools of the host. */
import { isIPv6 } from "../../../infra/spec/address.ts";
import { dockerFor } from "../../../infra/spec/names.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import type { Lab } from "./lab.ts";
import { protocolOf } from "./path.ts";

export function checkCommand(lab: Lab, { from, to, kind }: Pick<ReportedCheck, "from" | "to" | "kind">): string {
  return `npm run check -- ${lab.data.lab} --from ${from} --to ${to} --kind ${kind}`;
}

/** Captures a packet like the check's on every interface of the lab. */
export function walkCommand(lab: Lab, { from, to, address, kind, port }: ReportedCheck): string {
  const protocol = protocolOf(kind);
  const asked = `${protocol === "icmp" ? "" : ` --${protocol} ${port}`}${isIPv6(address) ? " --ipv6" : ""}`;
  return `npm run walk -- ${from} ${to}${asked} --lab ${lab.data.lab}`;
}

/** Typed into a shell of the machine. It starts in the same network namespace as the probe, whatever the pod's image holds. */
export function probeCommand(lab: Lab, check: ReportedCheck): string | undefined {
  const probe = toolOf(check);
  return probe && inside(lab, check.from, probe);
}

/** A command in the network namespace of a pod or a node. */
export function inside(lab: Lab, id: string, command: string): string {
  const host = [...dockerFor(lab.node(id) ?? {}), "exec", lab.container(id)].join(" ");
  const pod = lab.pod(id);
  if (!pod) return `${host} ${command}`;
  return `${host} nsenter -t $(${host} docker inspect -f '{{.State.Pid}}' ${pod.pause}) -n ${command}`;
}

function toolOf({ kind, address, port }: ReportedCheck): string | undefined {
  const six = isIPv6(address);
  const protocol = protocolOf(kind);
  if (protocol === "tcp") return `curl -sS -m 3 ${six ? `-g http://[${address}]` : `http://${address}`}:${port}`;
  if (protocol === "udp") {
    const family = six ? "AF_INET6" : "AF_INET";
    return `python3 -c "from socket import *; s = socket(${family}, SOCK_DGRAM); s.settimeout(3); s.connect(('${address}', ${port})); s.send(b'hello'); print(s.recv(999))"`;
  }
  if (kind === "path") return `tracepath -n -m 8 ${address}`;
  if (kind === "mtu") return `tracepath -n ${address}`;
  return kind === "fact" ? undefined : `ping -c 1 -W 3 ${address}`;
}
