/** Segments that others use already: whose, and where to go instead. */
import { expect, test } from "vitest";
import { collisions } from "../../../infra/spec/collisions.ts";
import { readLab } from "../../../infra/spec/read.ts";

const lab = readLab({ hosts: 2 }, "lab");
const docker = { subnet: "10.240.0.0/16", owner: "Docker network somebodys" };
const vpn = { subnet: "203.0.113.0/25", owner: "a route of this machine (dev tun0)" };

test("each is named with its owner, and all that is proposed does together", () => {
  const met = collisions(lab, [docker, vpn]);
  expect(met.map(({ path }) => path)).toEqual(["internet.subnet", "hosts[0].segment", "hosts[1].segment"]);
  expect(met[0]!.message).toMatch(/overlaps a route of this machine \(dev tun0\) 203\.0\.113\.0\/25/);
  expect(met[1]!.message).toMatch(/overlaps Docker network somebodys 10\.240\.0\.0\/16/);
  const [internet, one, two] = met.map(({ message }) => message.split("choose ")[1]!);
  const moved = readLab(
    {
      internet: { subnet: internet },
      hosts: [{ segment: one }, { segment: two }].map((host, at) => ({ name: `h${at}`, ...host })),
    },
    "lab",
  );
  expect(collisions(moved, [docker, vpn])).toEqual([]);
});

test("a lab that is there stays, whatever route comes", () => {
  const there = lab.hosts.map(({ segment }) => String(segment));
  expect(collisions(lab, [docker, vpn], there).map(({ path }) => path)).toEqual(["internet.subnet"]);
});

test("what only touches is no collision", () => {
  expect(collisions(lab, [{ subnet: "10.239.0.0/16", owner: "others" }])).toEqual([]);
});
