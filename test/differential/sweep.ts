/** Removes what an interrupted run left behind. */
import { sweep } from "../netns/leftovers.ts";

const count = sweep();
if (count > 0) process.stderr.write(`removed ${count} namespaces of runs that were interrupted\n`);
