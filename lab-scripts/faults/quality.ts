/** Faults that no single packet can be foretold of: some are lost, all are slow. */
import { type Fault, unchanged } from "./fault.ts";
import { MARK, toolsOf } from "./filters.ts";
import { deviceOf, netnsNamed, nodeNamed, numberBetween, refuse, said } from "./target.ts";

export const loss: Fault = {
  name: "loss",
  about: "let a node lose some of the packets that come to it, at random",
  usage: "NODE PERCENT",
  aim(plan, [target, percent]) {
    const { name: node } = nodeNamed(plan, target);
    const share = numberBetween(percent, 0.1, 100, "percentage") / 100;
    // Not netem, which some kernels lack. PREROUTING sees what is for the node and what it passes on; lo is spared.
    const rule = `PREROUTING ! -i lo -m statistic --mode random --probability ${share.toFixed(4)} ${MARK} -j DROP`;
    return {
      says: `${node} loses ${percent}% of the packets that come to it`,
      acts: [
        {
          node,
          inject: toolsOf(plan).map((tool) => `${tool} -t mangle -I ${rule}`),
          undo: toolsOf(plan).flatMap((tool) => [
            `${tool} -t mangle -S PREROUTING | sed -n 's/^-A \\(.*podlab-fault.*\\)$/\\1/p' | tr -d '"' | while read -r rule; do`,
            "  # shellcheck disable=SC2086 # iptables -S prints words",
            `  ${tool} -t mangle -D $rule`,
            "done",
          ]),
        },
      ],
      effect: unchanged,
      unproved: "which packet is lost is a matter of chance: every pair still answers, but not every time",
    };
  },
};

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

export const rate: Fault = {
  name: "rate",
  about: "let a node send no faster than a rate",
  usage: "NODE RATE (1mbit)",
  aim(plan, [target, text]) {
    const { name: node } = nodeNamed(plan, target);
    const [, number, unit] = /^(\d{1,4})([kmg]?)bit$/.exec(text ?? "") ?? [];
    if (number === undefined) refuse(`${said(text)} is no rate; write it as 500kbit, 10mbit or 1gbit`);
    const bits = Number(number) * UNITS[unit!]!;
    if (bits < 8000) refuse(`${text} is too slow for anything to work; choose 8kbit or more`);
    // A bucket for a hundredth of a second, and at least for one large frame (tc-tbf(8), burst).
    const burst = Math.max(Math.ceil(bits / 8 / 100), 2000);
    const cables = netnsNamed(plan, node).interfaces.filter(({ kind }) => kind === "ethernet");
    const devices = cables.map(deviceOf);
    const limit = (one: string) => `tc qdisc replace dev ${one} root tbf rate ${text} burst ${burst} latency 400ms`;
    return {
      says: `${node} sends ${text} at most`,
      acts: [
        {
          node,
          inject: devices.map(limit),
          undo: devices.map((one) => `tc qdisc delete dev ${one} root 2> /dev/null || true`),
        },
      ],
      effect: unchanged,
      unproved: "every pair still answers, only later; a queue that overflows loses packets",
    };
  },
};
