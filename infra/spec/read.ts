/** From what stands in the config to a lab without contradictions, or a {@link SpecError} with everything that is wrong. */
import { machineProblems } from "./machines.ts";
import { type Problem, pathText, problemAt, SpecError } from "./problem.ts";
import { hostsOf, resolve } from "./resolve.ts";
import type { ResolvedLab } from "./resolvedLab.ts";
import { nameProblems, poolProblems, subnetProblems, valueProblems } from "./rules.ts";
import { type LabSpec, labSchema } from "./spec.ts";

/**
 * @param input the value of `podlab:lab`, as parsed from YAML or JSON
 * @param stack the stack's name, which names the lab unless the spec does
 * @throws SpecError naming every problem
 */
export function readLab(input: unknown, stack: string): ResolvedLab {
  const spec = readSpec(input);
  const lab = resolve(spec, stack);
  const full = poolProblems(lab);
  if (full.length > 0) throw new SpecError(full); // each host's subnet would be a problem of its own
  const subnets: Problem[] = [];
  // What else is wrong is told of the lab as it would be with the proposed subnets: then all of it can be mended at once.
  let mended = lab;
  for (let found = subnetProblems(lab); found.length > 0; ) {
    subnets.push(...found);
    mended = resolve(withProposals(spec, subnets), stack);
    found = subnetProblems(mended).filter(({ path }) => !subnets.some((one) => one.path === path));
  }
  const found = [...machineProblems(spec), ...nameProblems(lab), ...subnets, ...valueProblems(mended)];
  if (found.length > 0) throw new SpecError(found);
  return lab;
}

function withProposals(spec: LabSpec, found: readonly Problem[]): LabSpec {
  const mended = structuredClone({ ...spec, internet: spec.internet ?? {}, hosts: hostsOf(spec) });
  for (const { path, instead } of found) {
    const keys = path.split(/[[\].]+/);
    const place = keys.slice(0, -1).reduce((inside, key) => inside[key] as Keyed, mended as unknown as Keyed);
    if (instead) place[keys.at(-1)!] = instead;
  }
  return mended as LabSpec;
}

type Keyed = Record<string, unknown>;

/** Returns the spec as it is written, which has the shape that it must have. @throws SpecError */
export function readSpec(input: unknown): LabSpec {
  const parsed = labSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new SpecError(flatten(parsed.error.issues, []));
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly issues?: readonly Issue[];
  readonly expected?: string;
  readonly maximum?: number | bigint;
}

/** Zod's issues in podlab's words; of a union (a number of hosts, or a list), the branch that the user meant. */
function flatten(issues: readonly Issue[], base: readonly PropertyKey[]): Problem[] {
  // A value of the wrong type breaks every other rule as well, and only that it is the wrong type helps.
  const typed = issues.filter(
    (issue) =>
      issue.code === "invalid_type" || !issues.some((one) => one.code === "invalid_type" && samePath(one, issue)),
  );
  return typed.flatMap((issue) => {
    const path = [...base, ...issue.path];
    const place = pathText(path);
    switch (issue.code) {
      case "invalid_union": {
        const meant = issue.errors?.find(
          (branch) => !branch.some((one) => one.code === "invalid_type" && one.path.length === 0),
        );
        if (meant) return flatten(meant, path);
        const neither = "is neither a number of hosts nor a list of hosts; write hosts: 2, or a list";
        return problemAt(place, own(issue) ?? neither);
      }
      case "unrecognized_keys":
        return (issue.keys ?? []).flatMap((key) => {
          const unknown = "is no key that podlab knows; remove it, or look its name up in docs/configuration.md";
          return problemAt(pathText([...path, key]), own(issue) ?? unknown);
        });
      case "invalid_key":
        return flatten(issue.issues ?? [], path);
      case "invalid_type":
        return problemAt(place, `is missing or of the wrong type; give a value of type ${issue.expected}`);
      case "too_big":
        return problemAt(place, own(issue) ?? `is too long or too large; use at most ${issue.maximum}`);
      default:
        return problemAt(place, issue.message);
    }
  });
}

const samePath = (one: Issue, other: Issue): boolean => one.path.join("\0") === other.path.join("\0");

/** A message that spec.ts wrote; zod's own begin with a capital. */
const own = ({ message }: Issue): string | undefined => (/^[A-Z]/.test(message) ? undefined : message);
