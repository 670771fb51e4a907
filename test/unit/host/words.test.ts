/** A pod's arguments go to a new host as one text, quoted for a shell (shellQuote), and are taken apart there without one. */
import { execa } from "execa";
import { expect, test } from "vitest";
import { shellQuote } from "../../../infra/plan/shellQuote.ts";

const folder = (name: string) => new URL(`../../../lab-scripts/${name}`, import.meta.url).pathname;
const ASK = "import json, sys\nimport new_host\nprint(json.dumps(new_host.words(sys.argv[1])))";

test.each([
  [["image"]],
  [["--env", "K=a b", "podlab/pod", "serve", "8080"]],
  [["", " ", "' '", "''", "it's", "'", "\\'", 'a "b" \\ $c `d`', "two\nlines", "ü"]],
])("%j are the same words in the host", async (words) => {
  const env = { PYTHONPATH: `${folder("host")}:${folder("verify/probe")}`, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout } = await execa("python3", ["-c", ASK, words.map(shellQuote).join(" ")], { env });
  expect(JSON.parse(stdout)).toEqual(words);
});
