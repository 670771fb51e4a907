/** Subnets that the machine uses already: other Docker networks, and its own routes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isSubnet } from "../model/address.ts";
import type { Occupied } from "../model/collisions.ts";
import { LABEL } from "../model/names.ts";
import { docker, lines } from "./docker.ts";

/** Everything in use but what the lab itself made. */
export async function occupied(lab: string): Promise<Occupied[]> {
  const [networks, routes] = await Promise.all([dockerNetworks(lab), kernelRoutes()]);
  return [...networks, ...routes];
}

async function dockerNetworks(lab: string): Promise<Occupied[]> {
  const ids = lines(await docker("network", "ls", "--quiet"));
  if (ids.length === 0) return [];
  const format = `{{.Name}}\t{{index .Labels "${LABEL.lab}"}}\t{{range .IPAM.Config}}{{.Subnet}} {{end}}`;
  return lines(await docker("network", "inspect", "--format", format, ...ids)).flatMap((line) => {
    const [name, owner, subnets] = line.split("\t");
    if (owner === lab) return [];
    const whose = owner ? `lab ${owner} (Docker network ${name})` : `Docker network ${name}`;
    return (subnets ?? "")
      .split(" ")
      .filter(isSubnet)
      .map((subnet) => ({ subnet, owner: whose }));
  });
}

/** Routes of the machine's main table (Linux; elsewhere Docker's engine has a kernel of its own, and the question is moot). */
async function kernelRoutes(): Promise<Occupied[]> {
  const answer = await promisify(execFile)("ip", ["-4", "-j", "route"]).catch(() => undefined);
  if (!answer) return [];
  const routes = JSON.parse(answer.stdout || "[]") as { dst: string; dev?: string }[];
  return (
    routes
      // Docker's own bridges were listed with their networks.
      .filter(({ dst, dev }) => isSubnet(dst) && !/^(br-|docker)/.test(dev ?? ""))
      .map(({ dst, dev }) => ({ subnet: dst, owner: `a route of this machine (${dst} dev ${dev ?? "?"})` }))
  );
}
