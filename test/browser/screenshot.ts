/**
 * A page of a report as a picture for the docs: node test/browser/screenshot.ts report/routed/index.html docs/report.webp [#from=…&to=…]
 * WebP keeps it small; Playwright writes none, so the browser is asked itself (DevTools' Page.captureScreenshot).
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Pages } from "./pages.ts";

const [file, out, hash = ""] = process.argv.slice(2);
if (file === undefined || out === undefined) throw new Error("usage: screenshot.ts PAGE OUT [#from=…&to=…]");
const pages = await Pages.start();
try {
  const { page } = await pages.open(`${resolve(file)}${hash}`, { viewport: { width: 1480, height: 1000 } });
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  await writeFile(out, Buffer.from(data, "base64"));
} finally {
  await pages.close();
}
