/** Units of a host that need its Docker engine: the engine's network, images, pods. */
import { POD_IMAGE } from "./names.ts";
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

/** @param network the engine's network that the pause container joins */
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
      ...(plan.address6 === undefined ? {} : { ADDRESS6: plan.address6 }),
      PAUSE: plan.pause,
      IMAGE: POD_IMAGE,
      APPS: plan.containers.map(({ container }) => container).join(" "),
      ...Object.fromEntries(apps),
    },
  };
}
