/** What `pulumi up` prints at its end: where everything is, and what to try next. */
import { commandLine } from "./home.ts";
import { dockerFor } from "./spec/names.ts";
import type { Wanted } from "./survey.ts";

export function outputs({ plan, engine }: Wanted) {
  const hosts = plan.nodes.filter(({ role }) => role === "host");
  const router = plan.nodes.find(({ role }) => role === "router")!;
  const routes = plan.netns.find(({ id }) => id === router.name)!.routes;
  const [first, ...others] = plan.pods;
  const other = others.find(({ host }) => host !== first?.host);
  const host = hosts[0] && [...dockerFor(hosts[0]), "exec", hosts[0].container].join(" ");
  return {
    /** The id of the Docker engine that it is on: npm stop asks no other one. */
    engine,
    hosts: Object.fromEntries(hosts.map(({ name, container, address }) => [name, { container, address }])),
    pods: Object.fromEntries(plan.pods.map(({ id, address }) => [id, address])),
    routes: Object.fromEntries(routes.map(({ destination, via }) => [destination, via ?? "on link"])),
    tryNext: [
      `docker exec ${router.container} ip route`,
      ...(first ? [`${host} docker ps`] : []),
      ...(first && other
        ? [
            `${host} docker exec ${first.containers[0]!.container} ping -c 1 ${other.address}`,
            `${host} docker inspect -f '{{.HostConfig.NetworkMode}}' ${first.containers[0]!.container}`,
          ]
        : []),
      commandLine("check", plan.lab),
    ],
  };
}
