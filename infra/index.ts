/** What Pulumi runs (Pulumi.yaml). */
import { program } from "./program.ts";

export const { engine, hosts, pods, routes, tryNext, verification } = await program();
