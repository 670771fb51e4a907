/** A report's page over HTTP, for this machine only: every newer report is told by a server-sent event (WHATWG HTML, 9.2). */
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { escaped } from "../xml.ts";

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** A browser that is gone is noticed when it is written to. */
const HEARTBEAT_MS = 15_000;

/** @param port 0: a free one. @throws when the port is taken */
export async function servePage(folder: string, port: number): Promise<PageServer> {
  const listeners = new Set<ServerResponse>();
  const tell = (text: string) => {
    for (const listener of listeners) listener.write(text);
  };
  const server = createServer((request, response) => {
    answer(folder, request, response, listeners).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const watcher = watch(folder, (_, file) => {
    // The page is renamed into place: it is whole when it is seen.
    if (file === "index.html") tell("event: report\ndata:\n\n");
  });
  const heartbeat = setInterval(() => tell(":\n\n"), HEARTBEAT_MS);
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    async close() {
      clearInterval(heartbeat);
      watcher.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  folder: string,
  { url, method, headers }: IncomingMessage,
  response: ServerResponse,
  listeners: Set<ServerResponse>,
): Promise<void> {
  // Another site's name may be made to lead here: only this machine's own are answered.
  const named = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(headers.host ?? "");
  if (method !== "GET" || !named) return send(response, 403, "text/plain", "only GET, only from this machine\n");
  if (url === "/") return send(response, 200, "text/html", await pageOf(folder));
  if (url === "/data.json") {
    const data = dataIn(await pageOf(folder));
    if (data === undefined) return send(response, 404, "text/plain", "no report yet\n");
    response.setHeader("content-encoding", "gzip");
    return send(response, 200, "application/json", Buffer.from(data, "base64"));
  }
  if (url !== "/events") return send(response, 404, "text/plain", "not found\n");
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(":\n\n");
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
}

function send(response: ServerResponse, status: number, type: string, text: string | Buffer): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" });
  response.end(text);
}

async function pageOf(folder: string): Promise<string> {
  return readFile(join(folder, "index.html"), "utf8").catch(() => waiting(basename(folder)));
}

/** The page's data, as it stands in it: gzip in base64. */
function dataIn(page: string): string | undefined {
  return /<script type="application\/gzip" id="data">(.*?)<\/script>/.exec(page)?.[1];
}

const waiting = (lab: string): string => `<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="refresh" content="2"><title>podlab ${escaped(lab)}</title>
<p>Waiting for the first report of ${escaped(lab)}: npm run check -- ${escaped(lab)}</p></html>
`;
