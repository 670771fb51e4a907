/** Whatever stands in the config: a plan, or a list of problems that each name a place, a rule and a fix. Nothing else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { refuseImpossible } from "../../../infra/expect/userExpectations.ts";
import type { NodeState } from "../../../infra/plan/nodeState.ts";
import { nodeStates } from "../../../infra/plan/nodeStates.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { NOTHING_AROUND, withSubnets } from "../../../infra/spec/freeSubnets.ts";
import { SpecError } from "../../../infra/spec/problem.ts";
import { readLab, readSpec } from "../../../infra/spec/read.ts";

const VALID = {
  name: "lab",
  network: "routed",
  podCidr: "192.168.0.0/16",
  segmentPool: "10.240.0.0/16",
  nonMasqueradeCidrs: ["10.0.0.0/8", "fc00::/7"],
  ipv6: "fd00:1:2::/48",
  podsPerHost: 2,
  containers: [{ name: "app", ports: [{ containerPort: 8080 }] }],
  router: { masquerade: true },
  internet: { subnet: "203.0.113.0/24", address: "203.0.113.10", subnet6: "2001:db8::/64", address6: "2001:db8::10" },
  hosts: [
    {
      name: "host01",
      segment: "10.1.1.0/24",
      address: "10.1.1.2",
      podSubnet: "192.168.20.0/24",
      segment6: "fd00:9:1::/64",
      address6: "fd00:9:1::2",
      podSubnet6: "fd00:9:2::/64",
      pods: [{ name: "web", address: "192.168.20.2", address6: "fd00:9:2::2" }],
    },
    {
      name: "host02",
      pods: [
        {
          name: "web",
          containers: [
            { name: "app", image: "nginx:1.29", command: ["a"], env: { A: "b" }, ports: [{ containerPort: 80 }] },
          ],
        },
      ],
    },
  ],
  namespaces: { shop: { tier: "front" } },
  services: [
    {
      name: "web",
      namespace: "shop",
      clusterIP: "10.96.0.9",
      selector: { app: "web" },
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: "http", nodePort: 30_080 }],
    },
    { name: "db", ports: [{ port: 5432, targetPort: 8080 }], endpoints: ["host01/web"] },
  ],
  expect: [{ from: "host01/web", to: "host02/web", port: 80, outcome: "ok", ttl: 61, via: ["router"], family: 6 }],
};

/** Policies are not had with IPv6. */
const WITH_POLICIES = {
  hosts: [{ name: "host01", pods: [{ name: "web", namespace: "shop", labels: { app: "web" } }] }],
  policies: [
    {
      name: "web",
      namespace: "shop",
      podSelector: { matchLabels: { app: "web" }, matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { namespaceSelector: {}, podSelector: {} },
            { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
          ],
          ports: [{ protocol: "UDP", port: 53, endPort: 54 }, { port: "http" }],
        },
      ],
      egress: [{ to: [], ports: [] }],
      action: "reject",
    },
  ],
};

const NASTY = fc.oneof(
  fc.constantFrom<unknown>(
    "auto",
    "$(touch /tmp/podlab-was-here)",
    "a;b",
    "`id`",
    "a\nb",
    "'",
    '"',
    "\\",
    "-rf",
    "../../etc",
    "a b",
    "",
    " ",
    "\0",
    "\u202e",
    "é",
    "💥",
    "A".repeat(5000),
    "0.0.0.0/0",
    "192.168.20.0/31",
    "192.168.20.1/32",
    "::ffff:10.0.0.1",
    "::ffff:10.0.0.0/120",
    "fd00::/64",
    "192.168.020.0/24",
    "10.1.1.1/24",
    "10.1.1.0/33",
    "10.1.1.0/-1",
    "256.1.1.1",
    "1.1.1",
    "127.0.0.0/24",
    "224.0.0.0/16",
    "255.255.255.0/24",
    "10.0.0.0/8",
    "0x0a.1.1.1/24",
    "10.1.1.0/24/24",
    0,
    -1,
    1,
    65,
    1e9,
    1e308,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    false,
    null,
    undefined,
    [],
    {},
    [[]],
    [null],
    { name: "x" },
    ["a", "a"],
    new Date(0),
  ),
  fc.string({ unit: "binary" }),
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 40 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc.integer(),
  fc.double(),
);

/** Every place in a value: the keys that lead there. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    places(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inside];
}

function put(value: unknown, [key, ...rest]: (string | number)[], what: unknown): unknown {
  if (key === undefined) return what;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inside = (copy as Record<string | number, unknown>)[key];
  // As YAML gives it: `__proto__` is a key like any other.
  Object.defineProperty(copy, key, {
    value: put(inside, rest, what),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

const specOf = (valid: unknown) => {
  const all = places(valid);
  const mutation = fc.record({
    at: fc.nat(all.length - 1),
    extra: fc.option(fc.constantFrom("x", "hosts", "subnets", "__proto__", "toString")),
    what: NASTY,
  });
  return fc.array(mutation, { minLength: 1, maxLength: 3 }).map((mutations) =>
    mutations.reduce<unknown>((value, { at, extra, what }) => {
      const path = all[at]!;
      return put(value, extra === null ? path : [...path.slice(0, -1), extra], what);
    }, valid),
  );
};
const spec = fc.oneof({ weight: 2, arbitrary: specOf(VALID) }, { weight: 1, arbitrary: specOf(WITH_POLICIES) });

function outcomeOf(input: unknown) {
  try {
    const chosen = withSubnets(readSpec(input), "fuzz", NOTHING_AROUND);
    const plan = planLab(readLab(chosen, "fuzz"));
    refuseImpossible(plan);
    return { plan };
  } catch (error) {
    if (error instanceof SpecError) return { problems: error.problems };
    throw error;
  }
}

test.each([VALID, WITH_POLICIES])("the bases of all mutations are valid: %#", (base) => {
  expect(outcomeOf(base)).toEqual({ plan: expect.anything() });
});

test("1,500 mutated configs: a plan, or problems with path, rule and fix", () => {
  let refused = 0;
  fc.assert(
    fc.property(spec, (input) => {
      const { problems } = outcomeOf(input);
      if (problems === undefined) return;
      refused += 1;
      expect(problems.length).toBeGreaterThan(0);
      for (const { path, message } of problems) {
        expect(path).not.toBe("");
        // A rule, then what to do instead.
        expect(`${path} ${message}`).toMatch(/; |such as|use |choose |write |remove|give /);
        expect(message).not.toMatch(/undefined|\[object|TypeError|NaN is/);
      }
    }),
    { numRuns: 1500 },
  );
  expect(refused).toBeGreaterThan(500);
});

test("500 mutated YAML texts: parsed or told, never a crash", () => {
  const text = stringify(VALID);
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(8), fc.string({ maxLength: 6 }), (at, cut, what) => {
      const mutated = text.slice(0, at) + what + text.slice(at + cut);
      let input: unknown;
      try {
        input = parse(mutated, { logLevel: "error" });
      } catch {
        return;
      }
      outcomeOf(input);
    }),
    { numRuns: 500 },
  );
});

test("text of the user's reaches the node as it was written, whatever it holds", () => {
  const word = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom("$(exit 9)", "';exit 9;'", "`exit 9`", '"', "\\'", "-e", "$HOME"),
  );
  const printable = word.filter((text) => !/\p{Cc}/u.test(text));
  const commands = fc.array(printable, { maxLength: 4 }).filter(([program]) => program !== "");
  fc.assert(
    fc.property(commands, printable, (command, value) => {
      const input = { hosts: 1, podsPerHost: 1, containers: [{ name: "app", image: "x", command, env: { A: value } }] };
      const { plan } = outcomeOf(input);
      const { pods } = JSON.parse(JSON.stringify(nodeStates(plan!).get("host01"))) as NodeState;
      expect(pods.pod1!.containers["pod1.app"]).toEqual({ image: "x", command, args: [], env: { A: value } });
    }),
    { numRuns: 150 },
  );
});
