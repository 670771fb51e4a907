/** How a request finds a Docker engine: at a socket, by TCP or TLS, or through ssh. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { ClientRequest, RequestOptions } from "node:http";
import type { RequestOptions as TlsOptions } from "node:https";
import { join } from "node:path";
import { Duplex } from "node:stream";
import type { DockerEndpoint, Tls } from "./endpoint.ts";

/** Begins a request. Of the modules only this function is looked up: imported by name, node:http has all of fetch loaded (60 ms). */
export function requestTo(endpoint: DockerEndpoint, options: RequestOptions): ClientRequest {
  const { host, tls } = endpoint;
  // No connection is kept for later: that would be one to an engine that may have been restarted since.
  const all: RequestOptions = { ...options, agent: false };
  // The name that is not in the address of a socket. By TLS it would be the one that the certificate has to be for.
  const named = { ...all, headers: { Host: "docker", ...options.headers } };
  if (host.startsWith("unix://")) return http().request({ ...named, socketPath: host.slice("unix://".length) });
  if (host.startsWith("ssh://")) {
    const { agent: _, ...rest } = named;
    return http().request({ ...rest, createConnection: () => throughSsh(host) });
  }
  const { hostname, port } = new URL(host.replace(/^tcp:/, "http:"));
  const where = { hostname, port: port || (tls ? 2376 : 2375) };
  if (!tls) return http().request({ ...all, ...where });
  return process.getBuiltinModule("node:https").request({ ...all, ...where, ...certificates(tls) });
}

const http = () => process.getBuiltinModule("node:http");

function certificates({ folder, verify }: Tls): TlsOptions {
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined);
  const files = { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  const there = Object.entries(files).filter(([, content]) => content !== undefined);
  return { ...Object.fromEntries(there), rejectUnauthorized: verify };
}

/** Connects as the docker CLI does: `docker system dial-stdio` on the other machine passes bytes to its engine's socket. */
function throughSsh(host: string): Duplex {
  const { username, hostname, port } = new URL(host);
  const login = [...(username ? ["-l", username] : []), ...(port ? ["-p", port] : []), "--", hostname];
  const child = spawn("ssh", [...login, "docker", "system", "dial-stdio"], { stdio: ["pipe", "pipe", "ignore"] });
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
  stdin.on("error", () => {}); // it may end before it has heard everything: what it said counts
  child.on("error", (error) => connection.destroy(error));
  return connection;
}
