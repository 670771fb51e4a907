import { commandLine } from "../../infra/home.ts";
import { listContainers } from "../../infra/machine/inventory.ts";
import { cloneId } from "../../infra/machine/owner.ts";
import { LABEL } from "../../infra/spec/names.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";

/** Returns the lab that is meant: the named one, or the only one there is, or the only one that was made from here. */
export async function whichLab(name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const containers = await engineAnswers(listContainers(LABEL.lab));
  const labs = namesOf(containers);
  if (labs.length === 1) return labs[0]!;
  const clone = cloneId();
  const ours = namesOf(containers.filter(({ owner }) => owner === clone));
  if (ours.length === 1) return ours[0]!;
  throw labs.length === 0
    ? new Failure(EXIT.notProved, `no lab is on this machine; ${commandLine("start")} makes one`)
    : new Failure(EXIT.badInput, `several labs are on this machine; name one of ${labs.join(", ")}`);
}

const namesOf = (containers: readonly { readonly lab: string }[]): string[] =>
  [...new Set(containers.map(({ lab }) => lab))].sort();

async function engineAnswers<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `${error.message}\nno Docker engine, no lab; ${commandLine("start")} sets both up`,
    );
  });
}
