/** Pages in a real browser: written as verification writes them, opened from disk. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { writePage } from "../../lab-scripts/page/writePage.ts";
import type { Report } from "../../lab-scripts/report/schema.ts";
import { findBrowser } from "../../lab-scripts/setup/steps/testTools.ts";

export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[];
  /** What was fetched, the page itself first. */
  readonly fetched: string[];
}

export class Pages {
  readonly #browser: Browser;
  readonly #folder = mkdtempSync(join(tmpdir(), "podlab-pages-"));

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Pages> {
    const executablePath = findBrowser();
    if (!executablePath) throw new Error("these tests need Chromium or Chrome; `npm test` installs it where it can");
    // Chromium refuses to sandbox itself as root.
    return new Pages(await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 }));
  }

  /** Closes the pages that are open. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true });
  }

  folder(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** The page after these runs. @returns its path */
  async write(name: string, plan: LabPlan, ...runs: readonly Report[]): Promise<string> {
    let file = "";
    for (const run of runs) file = await writePage(this.folder(name), run, plan);
    return file;
  }

  async open(address: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await this.#browser.newContext({ viewport: { width: 1600, height: 1000 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const fetched: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => fetched.push(request.url()));
    await page.goto(address.startsWith("/") ? `file://${address}` : address);
    // Its script unpacks the report before it shows it; without JavaScript there is no more to wait for.
    if (options.javaScriptEnabled !== false) await page.waitForSelector("#head h1, body > p");
    return { page, complaints, fetched };
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical faults that axe finds, as `rule: element`. @param parts only these */
export async function faultsOf(page: Page, ...parts: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (include) => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself there
    const { violations } = await (window as any).axe.run(include.length > 0 ? { include } : document, {
      resultTypes: ["violations"],
    });
    return violations
      .filter(({ impact }: { impact: string }) => ["serious", "critical"].includes(impact))
      .flatMap(({ id, nodes }: { id: string; nodes: { html: string }[] }) => nodes.map(({ html }) => `${id}: ${html}`));
  }, parts);
}
