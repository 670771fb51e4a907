import { type NamedCase, pods } from "./case.ts";

export const cases: readonly NamedCase[] = [
  {
    name: "a pod that is asked for its own address takes the largest packet there is",
    found: "the model searched up to the largest MTU of the pod's interfaces; lo's is 65536",
    topology: { spec: { network: "docker0", hosts: pods(1, 1) }, edits: [] },
    asks: ["mtu host01/web -> host02/web"],
  },
];
