/** A lab as a component of any Pulumi program: `new podlab.Lab("demo", { hostCount: 2 })`. */
import * as pulumi from "@pulumi/pulumi";
import { declareLab } from "./components/lab.ts";
import { cloneId } from "./machine/owner.ts";
import { outputs } from "./outputs.ts";
import type { HostSpec, LabSpec } from "./spec/spec.ts";
import { survey } from "./survey.ts";

/** The keys of a lab's file (docs/configuration.md), with one type each. */
export interface LabArgs extends Omit<LabSpec, "hosts" | "ipv6" | "subnets"> {
  /** The number of hosts, each with `podsPerHost` pods. */
  readonly hostCount?: number;
  /** The hosts, instead of `hostCount`. */
  readonly hosts?: readonly HostSpec[];
  /** IPv6 beside IPv4. */
  readonly ipv6?: boolean;
  /** The /48 that IPv6 subnets come from; one made from the lab's name unless given. */
  readonly ipv6Prefix?: string;
}

interface Verified {
  readonly passed: number;
  readonly report: string;
}

interface LabOutputs extends Pick<ReturnType<typeof outputs>, "hosts" | "pods" | "routes">, Verified {}

/** A lab of pod networking. It is there when every check of it has come out as expected. */
export class Lab extends pulumi.ComponentResource<LabOutputs> {
  /** Container and address of each host, by its name. */
  readonly hosts: pulumi.Output<LabOutputs["hosts"]>;
  /** The address of each pod, by `host/pod`. */
  readonly pods: pulumi.Output<LabOutputs["pods"]>;
  /** The router's routes: the next hop, or `on link`, by destination. */
  readonly routes: pulumi.Output<LabOutputs["routes"]>;
  /** How many checks came out as expected, which is all of them. */
  readonly passed: pulumi.Output<number>;
  /** The path of report.json. */
  readonly report: pulumi.Output<string>;

  /**
   * Declares it.
   * @param name the resource's; the lab's too unless `args.name` says otherwise
   */
  constructor(name: string, args: pulumi.Inputs & LabArgs, opts?: pulumi.ComponentResourceOptions) {
    super("podlab:index:Lab", name, { ...args, name: args.name ?? name }, opts);
    const data = pulumi.output(this.getData());
    this.hosts = data.hosts;
    this.pods = data.pods;
    this.routes = data.routes;
    this.passed = data.passed;
    this.report = data.report;
  }

  /** Plans the lab around what is on the machine; an argument that preview does not know yet leaves it for `up`. */
  protected override async initialize(args: pulumi.Inputs): Promise<LabOutputs> {
    const made = pulumi.output(args).apply(async (known) => {
      const { name, ...rest } = known as LabArgs & { readonly name: string };
      const spec = specOf(rest);
      // Pulumi runs programs and plugins in the folder of the user's project.
      const home = process.cwd();
      const seen = await survey(spec, name, cloneId(home)).catch((error: Error) => {
        throw new pulumi.RunError(`${name}: ${error.message}`);
      });
      const place = { dir: import.meta.dirname, home };
      const verified = declareLab(seen, { parent: this, prefix: `${name}-`, place }) as pulumi.Output<Verified>;
      const { hosts, pods, routes } = outputs(seen);
      return {
        hosts,
        pods,
        routes,
        passed: verified.apply(({ passed }) => passed),
        report: verified.apply(({ report }) => report),
      };
    });
    return made as unknown as LabOutputs;
  }
}

/** Returns what stands in a lab's file for these arguments. A port that may be a name is text in other languages than TypeScript. */
export function specOf({ hostCount, hosts, ipv6, ipv6Prefix, ...given }: Omit<LabArgs, "name">): unknown {
  const others = JSON.parse(JSON.stringify(given), (key, value) =>
    /^(port|targetPort)$/.test(key) && /^\d+$/.test(value) ? Number(value) : value,
  );
  return { ...others, hosts: hosts ?? hostCount ?? 2, ...(ipv6Prefix ? { ipv6: ipv6Prefix } : ipv6 ? { ipv6 } : {}) };
}
