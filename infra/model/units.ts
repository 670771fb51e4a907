/**
 * The units: what each kind's script in lab-scripts/host needs to know. A unit's name says what it holds, so that a
 * change of what it holds is a new unit where the old must be undone (a route), and the same one where it is made over.
 */
import { POD_IMAGE } from "./names.ts";
import type { PodPlan, UnitPlan } from "./plan.ts";

/** Boot order. The kernel's part needs no engine; pods need everything before them. */
const ORDER = { kernel: 10, bridge: 20, routes: 30, nat: 40, engine: 50, images: 60, pods: 70 } as const;

/** Units of a higher order wait for those of a lower one in the same node, at boot and in the program. */
export function waitsFor(later: UnitPlan, earlier: UnitPlan): boolean {
  // Routes and NAT need neither bridge nor engine; an engine needs its bridge; pods need engine and images.
  if (later.order < ORDER.engine) return false;
  if (later.order === ORDER.engine) return earlier.kind === "bridge";
  return earlier.order >= ORDER.engine && earlier.order < later.order;
}

export function forwarding(): UnitPlan {
  return { name: "forwarding", kind: "forwarding", order: ORDER.kernel, spec: {} };
}

export function noDefaultRoute(): UnitPlan {
  return { name: "no-default-route", kind: "no-default-route", order: ORDER.routes, spec: {} };
}

export function bridge(spec: { bridge: string; address: string; mtu: number }): UnitPlan {
  return {
    name: `bridge-${spec.bridge}`,
    kind: "bridge",
    order: ORDER.bridge,
    spec: { BRIDGE: spec.bridge, ADDRESS: spec.address, MTU: String(spec.mtu) },
  };
}

export function route(destination: string, via: string): UnitPlan {
  const name = destination === "0.0.0.0/0" ? "default" : destination.replace("/", "-");
  return { name: `route-${name}`, kind: "route", order: ORDER.routes, spec: { DESTINATION: destination, VIA: via } };
}

export function masquerade(spec: { source?: string; exempt?: readonly string[]; out?: string }): UnitPlan {
  return {
    name: "masquerade",
    kind: "masquerade",
    order: ORDER.nat,
    spec: { SOURCE: spec.source ?? "", EXEMPT: (spec.exempt ?? []).join(" "), OUT: spec.out ?? "" },
  };
}

export function engine(spec: { bridge: string; subnet: string; gateway: string; mtu: number }): UnitPlan {
  return {
    name: "engine",
    kind: "engine",
    order: ORDER.engine,
    spec: {
      BRIDGE: spec.bridge,
      SUBNET: spec.subnet,
      GATEWAY: spec.gateway,
      MTU: String(spec.mtu),
      IMAGE: POD_IMAGE,
    },
  };
}

/** An image of the user's, carried over from the machine's engine. */
export function image(reference: string): UnitPlan {
  const name = reference.replaceAll(/[^a-z0-9.-]/gi, "-");
  return { name: `image-${name}`, kind: "image", order: ORDER.images, spec: { IMAGE: reference } };
}

/** What the lab was made from, for checks that come later and from elsewhere. */
export function record(json: string): UnitPlan {
  return { name: "record", kind: "record", order: ORDER.kernel, spec: { RECORD: json } };
}

/** A web server of the node itself. */
export function server(port: number, identity: string): UnitPlan {
  return {
    name: `server-${port}`,
    kind: "server",
    order: ORDER.nat,
    spec: { PORT: String(port), PODLAB_IDENTITY: identity },
  };
}

export function pod(plan: PodPlan, network: string): UnitPlan {
  const apps = plan.containers.map(({ env, image, command }, index) => {
    const words = [...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]), image, ...command];
    return [`ARGS_${index + 1}`, words.map(shellQuote).join(" ")];
  });
  return {
    name: `pod-${plan.name}`,
    kind: "pod",
    order: ORDER.pods,
    spec: {
      POD: plan.name,
      NETWORK: network,
      ADDRESS: plan.address,
      PAUSE: plan.pause,
      IMAGE: POD_IMAGE,
      APPS: plan.containers.map(({ container }) => container).join(" "),
      ...Object.fromEntries(apps),
    },
  };
}

/** One word for a POSIX shell, whatever is in it (XCU 2.2.2: single quotes keep everything but themselves). */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
