/**
 * The pictures of pages in docs/: `node test/browser/screenshots.ts`. The labs are as planned, what was observed is what the model
 * says of them without a route. WebP keeps them small; Playwright writes none, so the browser is asked itself.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { stackLab } from "../../lab-scripts/lab/stackSpec.ts";
import { Pages } from "./pages.ts";
import { lab, reportOn } from "./reports.ts";

const pages = await Pages.start();
try {
  await picture("report-2x2", stackLab("routed").plan, "192.168.30.0/24", "host01/web", "host02/web", 1080);
  await picture("report-16x4", lab(16, 4), "192.168.5.0/24", "host01/pod1", "host05/pod1", 2100);
} finally {
  await pages.close();
}

/** The page of a lab whose router has lost the route to `subnet`. */
async function picture(name: string, plan: LabPlan, subnet: string, from: string, to: string, height: number) {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 8, minute));
  const cause = {
    cause: `left host01 eth0, arrived at router (host01-net), never left it: router has no route to ${subnet}`,
    node: "router",
    place: "router (host01-net)",
    evidence: [`router: ip route get ${plan.pods.find(({ id }) => id === to)!.address}: Network is unreachable`],
  };
  const withdrawn = reportOn(plan, at(2), `route-withdraw ${subnet}`, cause);
  const file = await pages.write(name, plan, reportOn(plan, at(1)), withdrawn);
  const { page } = await pages.open(`${file}#${new URLSearchParams({ from, to })}`, {
    viewport: { width: 1480, height },
  });
  const devtools = await page.context().newCDPSession(page);
  // The larger one is to be looked over, not read.
  const clip = { x: 0, y: 0, width: 1480, height, scale: height > 1500 ? 0.7 : 1 };
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 70, clip });
  const out = join(ROOT, "docs", `${name}.webp`);
  await writeFile(out, Buffer.from(data, "base64"));
  process.stdout.write(`${out}\n`);
}
