/** A registry of images with one image in it (https://github.com/opencontainers/distribution-spec), as Docker pulls it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execa } from "execa";

const TYPE = "application/vnd.oci.image";

export interface Registry {
  /** `127.0.0.1:4711/NAME@sha256:…` */
  readonly image: string;
  close(): void;
}

/** Offers an image of the pod image's files, with an ENTRYPOINT and a CMD. @param nodeImage where these files are taken from */
export async function serveImage(nodeImage: string, entrypoint: string[], cmd: string[]): Promise<Registry> {
  const files = [
    "run",
    "--rm",
    "--network",
    "none",
    "--entrypoint",
    "tar",
    nodeImage,
    "-C",
    "/usr/local/share/podlab/pod",
    "-c",
    ".",
  ];
  const { stdout } = await execa("docker", files, { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 });
  const blobs = new Map<string, Buffer>();
  const put = (content: Buffer) => {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    blobs.set(digest, content);
    return { digest, size: content.length };
  };
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const layer = put(Buffer.from(stdout));
  const config = put(
    json({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Entrypoint: entrypoint, Cmd: cmd, Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const { digest } = put(
    json({
      schemaVersion: 2,
      mediaType: `${TYPE}.manifest.v1+json`,
      config: { mediaType: `${TYPE}.config.v1+json`, ...config },
      layers: [{ mediaType: `${TYPE}.layer.v1.tar`, ...layer }],
    }),
  );
  const server = createServer((request, response) => {
    const asked = request.url!.split("/").at(-1)!;
    const blob = blobs.get(asked);
    if (request.url === "/v2/") response.end("{}");
    else if (!blob) response.writeHead(404).end("{}");
    else {
      const type = asked === digest ? `${TYPE}.manifest.v1+json` : "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, "Content-Length": blob.length, "Docker-Content-Digest": asked });
      response.end(request.method === "HEAD" ? undefined : blob);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { image: `127.0.0.1:${port}/podlab-test@${digest}`, close: () => server.close() };
}
