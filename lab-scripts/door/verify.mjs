// What the Verification resource runs on the machine (infra/components/verification.ts): the lab's verification.
//   LAB=routed PLAN=6f1c0d22a9b3e874 GENERATIONS="host01:1,1,2 host01/web:1 …" MENDED=…
//   PODLAB_ATTENDANT=/tmp/podlab-x/socket    of an `npm start` that runs this Pulumi: it has all loaded, and computed
//
// Its last line on standard output is the stack's output `verification`. Plain JavaScript, to be there at once.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const { LAB, PLAN, GENERATIONS, MENDED, PODLAB_ATTENDANT } = process.env;

if (!PODLAB_ATTENDANT || !(await attended(PODLAB_ATTENDANT))) {
  process.argv = [process.argv[0], "podlab", "verify", LAB];
  await import("../cli.ts");
}

/** Whether the attendant did it; if so, this process says what that said. */
async function attended(path) {
  const socket = connect(path);
  const failed = new Promise((resolve) => socket.on("error", () => resolve(false)));
  socket.write(`${JSON.stringify({ ask: "verify", plan: PLAN, generations: GENERATIONS, mended: MENDED })}\n`);
  const answered = (async () => {
    for await (const line of createInterface(socket)) {
      const { tell, output, exitCode } = JSON.parse(line);
      if (tell !== undefined) process.stderr.write(tell);
      if (exitCode === undefined) continue;
      if (output !== undefined) process.stdout.write(output);
      process.exitCode = exitCode;
      return true;
    }
    return false;
  })();
  return Promise.race([answered, failed]);
}
