/** Units of a host that need its Docker engine: the engine's network, images, pods. */
import { createHash } from "node:crypto";
import { POD_IMAGE } from "../spec/names.ts";
import type { PodPlan, UnitPlan } from "./plan.ts";
import { shellQuote } from "./shellQuote.ts";
import { ORDER } from "./unitOrder.ts";

/**
 * @param network what plugs pods into the bridge; absent where the engine does not
 * @param network.v6 the same for IPv6, where the lab has it
 */
export function engine(network?: {
  bridge: string;
  subnet: string;
  gateway: string;
  v6?: { subnet: string; gateway: string };
  mtu: number;
}): UnitPlan {
  const { bridge = "", subnet = "", gateway = "", v6, mtu = "" } = network ?? {};
  return {
    name: "engine",
    kind: "engine",
    order: ORDER.engine,
    spec: {
      BRIDGE: bridge,
      SUBNET: subnet,
      GATEWAY: gateway,
      MTU: String(mtu),
      IMAGE: POD_IMAGE,
      ...(v6 ? { SUBNET6: v6.subnet, GATEWAY6: v6.gateway } : {}),
    },
  };
}

/** The images of the user's that a host's pods need, each brought over from the machine's engine. */
export function images(pods: readonly PodPlan[]): UnitPlan[] {
  const wanted = new Set(pods.flatMap(({ containers }) => containers.map(({ image }) => image)));
  wanted.delete(POD_IMAGE);
  return [...wanted].map((image) => ({
    name: `image-${image.replaceAll(/[^a-z0-9.-]/gi, "-")}`,
    kind: "image",
    order: ORDER.images,
    spec: { IMAGE: image },
  }));
}

/** How the engine plugs a pause container in: its network, and what the pod's eth0 then has beside its address. */
export interface Plug {
  readonly network: string;
  readonly mtu: number;
  readonly gateway: string;
}

/** @param plug absent where the engine does not (cni.ts) */
export function pod(plan: PodPlan, plug?: Plug): UnitPlan {
  const apps = plan.containers.map(({ container, env, image, command }) => {
    const words = [...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]), image, ...command];
    return { container, args: words.map(shellQuote).join(" ") };
  });
  // What `docker run --network` calls a namespace with nothing but lo.
  const network = plug?.network ?? "none";
  const address = plug ? plan.address : "";
  return {
    name: `pod-${plan.name}`,
    kind: "pod",
    order: ORDER.pods,
    spec: {
      POD: plan.name,
      NETWORK: network,
      ADDRESS: address,
      ...(plan.address6 === undefined ? {} : { ADDRESS6: plan.address6 }),
      ...(plug ? { PLUG: `${plan.address},${plug.mtu},${plug.gateway}` } : {}),
      PAUSE: plan.pause,
      IMAGE: POD_IMAGE,
      PAUSE_DIGEST: digest([network, address, plan.address6 ?? "", POD_IMAGE]),
      APPS: apps.map(({ container }) => container).join(" "),
      DIGESTS: apps.map(({ args }) => digest([args])).join(" "),
      ...Object.fromEntries(apps.map(({ args }, index) => [`ARGS_${index + 1}`, args])),
    },
  };
}

/** A container says by a label what it was made from, so that one made from something else is known. */
const digest = (of: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 12);
