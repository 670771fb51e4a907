/** What a user may ask to be sent, and what is said of the rest. */
import { expect, test } from "vitest";
import { Failure } from "../../../lab-scripts/exit.ts";
import { questionOf, type Wish } from "../../../lab-scripts/trace/question.ts";
import { articlePlan } from "../verify/fixtures.ts";

const plan = articlePlan();
const ask = (from: string, to: string, wish: Wish = {}) => questionOf(plan, from, to, wish).probe;

test("an echo request unless told; the target's own port unless told", () => {
  const ends = { from: "host01/web", to: "192.168.30.2" };
  expect(ask("host01/web", "host02/web")).toEqual({ ...ends, protocol: "icmp" });
  expect(ask("host01/web", "host02/web", { tcp: true })).toEqual({ ...ends, protocol: "tcp", port: 8080 });
  expect(ask("host01/web", "host02/web", { udp: "99" })).toEqual({ ...ends, protocol: "udp", port: 99 });
  expect(ask("host01/web", "host02/web", { size: "1500", ttl: "3" })).toMatchObject({ size: 1500, df: true, ttl: 3 });
});

test("any namespace can send, to any name or address", () => {
  expect(ask("router", "host02/web").to).toBe("192.168.30.2");
  expect(ask("internet", "router").from).toBe("internet");
  expect(ask("host01", "router").to).toBe("10.240.1.1");
  expect(ask("host02", "host01:cbr0").to).toBe("192.168.20.1");
  expect(ask("host01/web", "192.0.2.1").to).toBe("192.0.2.1");
});

test.each<[string, string, Wish, RegExp]>([
  ["host01/nix", "host02/web", {}, /^no packet can start in host01\/nix; it can in host01\/web, host01\/db, .*router/],
  ["host01/web", "host02/nix", {}, /^host02\/nix is neither an address nor in this lab; use .*host02\/web/],
  ["host01/web", "router", { tcp: true }, /^router serves nothing by tcp; name a port: --tcp 8080/],
  ["host01/web", "host02/web", { tcp: "http" }, /^--tcp http is no whole number from 1 to 65535/],
  ["host01/web", "host02/web", { tcp: "80", udp: "80" }, /^--tcp and --udp are two packets/],
  ["host01/web", "host02/web", { icmp: true, tcp: true }, /^--icmp and --tcp are two packets/],
  ["host01/web", "host02/web", { tcp: "80", size: "100" }, /^--size has no meaning for --tcp/],
  ["host01/web", "host02/web", { size: "12" }, /^--size 12 is no whole number from 48 to 65535/],
  ["host01/web", "host02/web", { ipv6: true }, /^this lab has no IPv6; it does with ipv6: true in its config/],
  ["host01/web", "192.168.20.255", {}, /^192\.168\.20\.255 is an address of many, and a walk follows one packet/],
  ["host01/web", "224.0.0.1", {}, /^224\.0\.0\.1 is an address of many/],
  ["host01/web", "host02/web", { ttl: "0" }, /^--ttl 0 is no whole number from 1 to 255/],
])("%s -> %s %o: bad input that says what would do", (from, to, wish, message) => {
  const failure = (() => {
    try {
      return ask(from, to, wish);
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringMatching(message) });
});
