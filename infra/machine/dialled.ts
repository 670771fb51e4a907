/** A connection to the machine's Docker engine through the docker CLI, which knows the way where that is TLS or ssh. */
import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

export function dialled(): Duplex {
  // What it has to say of itself `docker info` says, too; at the end of each connection it complains.
  const child = spawn("docker", ["system", "dial-stdio"], { stdio: ["pipe", "pipe", "ignore"] });
  const { stdin, stdout } = child;
  const connection = new Duplex({
    read: () => void stdout.resume(),
    write: (piece, _, done) => void stdin.write(piece, () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  stdout.on("data", (piece: Buffer) => connection.push(piece) || stdout.pause());
  stdout.on("end", () => connection.push(null));
  stdin.on("error", () => {}); // it may go before it has heard everything: what it said counts
  child.on("error", (error) => connection.destroy(error));
  // As a socket has it: nothing waits for what may never end.
  const unref = () => {
    for (const one of [child, stdin, stdout] as { unref?: () => void }[]) one.unref?.();
  };
  return Object.assign(connection, { unref });
}
