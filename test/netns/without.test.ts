/** What a host's engine is run without (lab-scripts/image/engine/without), by the kernel of this machine. */
import { execa } from "execa";
import { expect, test } from "vitest";

const WITHOUT = new URL("../../lab-scripts/image/engine/without", import.meta.url).pathname;

/** A line for each: what fsync and fdatasync of something that has no disk say, and sockets to the kernel's netfilter and routes. */
const ASKS = `
import os, socket
def tell(what, *args):
    try:
        what(*args)
        print("done")
    except OSError as error:
        print(error.strerror)
reader, writer = os.pipe()
tell(os.fsync, writer)
tell(os.fdatasync, writer)
tell(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 12)
tell(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 0)
tell(socket.socket, socket.AF_INET, socket.SOCK_STREAM, 0)
`;

async function told(...names: readonly string[]): Promise<string[]> {
  const { stdout } = await execa("perl", [WITHOUT, ...names, "--", "python3", "-ISc", ASKS]);
  return stdout.split("\n");
}

const NO_DISK = "Invalid argument";

test("without anything to do without, the kernel does all", async () => {
  expect(await told()).toEqual([NO_DISK, NO_DISK, "done", "done", "done"]);
});

test("without fsync, the disk has all at once", async () => {
  expect(await told("fsync")).toEqual(["done", "done", "done", "done", "done"]);
});

test("without conntrack, there is no socket to netfilter, and any other", async () => {
  expect(await told("conntrack")).toEqual([NO_DISK, NO_DISK, "Protocol not supported", "done", "done"]);
});

test("without both", async () => {
  expect(await told("fsync", "conntrack")).toEqual(["done", "done", "Protocol not supported", "done", "done"]);
});

test("a name that it does not know, and a command that is not there, are told", async () => {
  const unknown = await execa("perl", [WITHOUT, "air", "--", "true"], { reject: false });
  expect(unknown.stderr).toContain("air is none of conntrack fsync");
  expect(unknown.exitCode).not.toBe(0);
  const nowhere = await execa("perl", [WITHOUT, "fsync", "--", "not-there"], { reject: false });
  expect(nowhere.stderr).toContain("not-there: No such file");
});
