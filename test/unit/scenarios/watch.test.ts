import { expect, test } from "vitest";
import { answerIn, gapText, silenceIn } from "../../../lab-scripts/scenarios/watch.ts";

const echo = (at: number, sequence: number) => ({ at, sequence });

test("answers that come late are no loss", () => {
  const gap = silenceIn([echo(0, 1), echo(50, 2), echo(180, 3), echo(200, 4)]);
  expect(gap).toEqual({ across: "fault", silentMs: 80, lost: 0 });
  expect(gapText(gap)).toBe("no answer missing");
});

test("missing echoes are counted by their number, and the silence is beyond the interval", () => {
  const gap = silenceIn([echo(0, 1), echo(50, 2), echo(1_250, 26), echo(1_300, 27)]);
  expect(gap).toEqual({ across: "fault", silentMs: 1_150, lost: 23 });
  expect(gapText(gap)).toBe("silent for 1,150 ms");
});

test("a server's missing answers say so themselves", () => {
  const gap = silenceIn([{ at: 0 }, { at: 60, missed: true }, { at: 120, missed: true }, { at: 180 }]);
  expect(gap).toEqual({ across: "fault", silentMs: 130, lost: 2 });
});

test("a healing is told by its first answer", () => {
  expect(gapText({ across: "healing", backAfterMs: 2_412 })).toBe("back 2,412 ms after the healing began");
});

test("what ping says is an answer, or the word of a node that has no route; nothing else counts", () => {
  expect(answerIn("64 bytes from 192.168.30.2: icmp_seq=7 ttl=61 time=0.1 ms", 5)).toEqual({ at: 5, sequence: 7 });
  expect(answerIn("From 10.249.1.1 icmp_seq=8 Destination Net Unreachable", 5)).toEqual({ at: 5, noRoute: true });
  expect(answerIn("From 10.249.1.1 icmp_seq=8 Destination Host Unreachable", 5)).toBeUndefined();
  expect(silenceIn([echo(0, 1), { at: 50, noRoute: true }, echo(100, 3)])).toMatchObject({ lost: 1 });
});

test("a withdrawal is told beside the healing", () => {
  const gap = { across: "healing", withdrawnAfterMs: 3_120, backAfterMs: 1_412 } as const;
  expect(gapText(gap)).toBe("withdrawn after 3,120 ms, back 1,412 ms after the healing began");
});
