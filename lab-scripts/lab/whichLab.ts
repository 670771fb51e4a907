import { listContainers } from "../../infra/machine/inventory.ts";
import { LABEL } from "../../infra/spec/names.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";

/** The lab that is meant: the named one, or the only one there is. */
export async function whichLab(name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const containers = await engineAnswers(listContainers(LABEL.lab));
  const labs = [...new Set(containers.map(({ lab }) => lab))].sort();
  if (labs.length === 1) return labs[0]!;
  throw labs.length === 0
    ? new Failure(EXIT.notProved, "no lab is on this machine; npm start makes one")
    : new Failure(EXIT.badInput, `several labs are on this machine; name one of ${labs.join(", ")}`);
}

async function engineAnswers<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: Error) => {
    throw new Failure(EXIT.notProved, `${error.message}\nno Docker engine, no lab; npm start sets both up`);
  });
}
