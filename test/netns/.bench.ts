import { planLab } from "../../infra/model/planner.ts";
import { readLab } from "../../infra/model/read.ts";
import { verify } from "../../lab-scripts/verify/run.ts";
import { terminalReport } from "../../lab-scripts/verify/report/matrix.ts";
import { Namespaces } from "./namespaces.ts";
import type { Expectation } from "../../infra/model/check.ts";
import { execFileSync } from "node:child_process";
const [hosts, pods] = [Number(process.argv[2] ?? 16), Number(process.argv[3] ?? 4)];
const plan = planLab(readLab({ hosts, podsPerHost: pods }, "bench"), {});
const lab = new Namespaces(`pl-test-b${process.pid}-`);
const short = (id: string) => id.replace("/", "_");
process.on("exit", () => lab.remove());
process.on("SIGINT", () => process.exit(1));
const t0 = performance.now();
lab.add("router");
lab.in("router", "sysctl -qw net.ipv4.ip_forward=1");
for (const host of plan.nodes.filter((n) => n.role === "host")) {
  lab.add(host.name);
  lab.in(host.name, "sysctl -qw net.ipv4.ip_forward=1");
  const ns = plan.netns.find((n) => n.id === host.name)!;
  const seg = plan.segments.find((s) => s.name === host.segment)!;
  lab.join(host.name, `${host.address}/24`, "router", `${seg.router}/24`);
  lab.ip(host.name, `route add default via ${seg.router}`);
  const br = ns.interfaces.find((i) => i.kind === "bridge")!;
  lab.ip(host.name, `link add cbr0 type bridge`);
  lab.ip(host.name, `addr add ${br.addresses[0]} dev cbr0`);
  lab.ip(host.name, `link set dev cbr0 up`);
  const r = plan.netns.find((n) => n.id === "router")!.routes.find((r) => r.via === host.address)!;
  lab.ip("router", `route add ${r.destination} via ${r.via}`);
  for (const pod of plan.pods.filter((p) => p.host === host.name)) {
    const s = short(pod.id);
    lab.add(s);
    lab.ip(s, `link add eth0 type veth peer name v${pod.name} netns ${lab.nameOf(host.name)}`);
    lab.ip(s, `addr add ${pod.address}/24 dev eth0`);
    lab.ip(s, "link set dev eth0 up");
    lab.ip(host.name, `link set dev v${pod.name} master cbr0 up`);
    lab.ip(s, `route add default via ${br.addresses[0]!.split("/")[0]}`);
    lab.serve(s, 80, `${pod.id}:app`);
  }
}
const expectations: Expectation[] = [];
for (const a of plan.pods) for (const b of plan.pods) if (a !== b) {
  const ttl = a.host === b.host ? 64 : 61;
  const base = { from: a.id, to: b.id, address: b.address, origin: "model" as const };
  expectations.push({ ...base, id: `icmp ${a.id} -> ${b.id}`, kind: "icmp", expected: { outcome: "ok", ttl } });
  expectations.push({ ...base, id: `tcp ${a.id} -> ${b.id}`, kind: "tcp", port: 80, expected: { outcome: "ok", ttl, sourceSeen: a.address, identity: `${b.id}:app` } });
}
await new Promise((r) => setTimeout(r, 1000));
console.log("up", performance.now() - t0, expectations.length);
const cpu = () => execFileSync("sh", ["-c", "head -1 /proc/stat"]).toString();
for (let i = 0; i < Number(process.argv[4] ?? 4); i++) {
  const c0 = cpu();
  const report = await verify(plan, expectations, { readyFile: null, nodeDoor: () => [], netnsDoor: (n) => ({ name: lab.nameOf(short(n.id)) }) });
  console.log(terminalReport(report, { mostFailures: 5, columns: 100 }).split("\n").slice(i === 0 ? 0 : -4).join("\n"));
  const slow = report.checks.map((c) => c.observed.rttMs ?? 0).sort((a, b) => b - a);
  console.log("rtt max", slow[0], "p99", slow[Math.floor(slow.length / 100)], "p50", slow[slow.length >> 1]);
  console.log(c0.trim(), "\n", cpu().trim());
}
