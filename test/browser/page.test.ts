import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FORMATS } from "../../lab-scripts/commands/graph.ts";
import { REPORTS, ROOT } from "../../lab-scripts/lab/project.ts";
import { stackLab } from "../../lab-scripts/lab/stackSpec.ts";
import { servePage } from "../../lab-scripts/page/servePage.ts";
import { writePage } from "../../lab-scripts/page/writePage.ts";
import { cellOf } from "../../lab-scripts/report/cell.ts";
import { writeReport } from "../../lab-scripts/report/write.ts";
import { faultsOf, Pages } from "./pages.ts";
import { lab, reportOn } from "./reports.ts";

const routed = stackLab("routed").plan;
const big = lab(16, 4);
const minute = (at: number) => new Date(Date.UTC(2026, 0, 2, 3, at));
const NO_ROUTE = {
  cause: "left host01 eth0, arrived at router (host01-net), never left it: router has no route to 192.168.30.0/24",
  node: "router",
  place: "router (host01-net)",
  evidence: ["router: ip route get 192.168.30.2 from 192.168.20.2 iif eth1: RTNETLINK answers: Network is unreachable"],
};
const healthy = reportOn(routed, minute(1));
const withdrawn = reportOn(routed, minute(2), "route-withdraw 192.168.30.0/24", NO_ROUTE);
const unplugged = reportOn(routed, minute(3), "link-down host02");

let pages: Pages;
const files: Record<"healthy" | "broken" | "unplugged" | "big" | "overlay" | "docker0" | "services" | "dual", string> =
  {} as never;

beforeAll(async () => {
  pages = await Pages.start();
  const overlay = stackLab("overlay").plan;
  const docker0 = stackLab("docker0").plan;
  files.healthy = await pages.write("healthy", routed, healthy);
  files.broken = await pages.write("broken", routed, healthy, withdrawn);
  files.unplugged = await pages.write("unplugged", routed, healthy, unplugged);
  files.overlay = await pages.write("overlay", overlay, reportOn(overlay, minute(1)));
  files.docker0 = await pages.write("docker0", docker0, reportOn(docker0, minute(1)));
  const services = stackLab("services").plan;
  const dual = lab(3, 2, { ipv6: true });
  files.services = await pages.write("services", services, reportOn(services, minute(1)));
  files.dual = await pages.write("dual", dual, reportOn(dual, minute(1)));
  files.big = await pages.write("big", big, reportOn(big, minute(1), "link-down host05"));
});
afterEach(() => pages.closeAll());
afterAll(() => pages?.close());

describe("a report with failures", () => {
  test("opens from disk, fetches nothing else, complains of nothing", async () => {
    const { page, complaints, fetched } = await pages.open(files.broken);
    expect(await page.title()).toBe("✕ podlab routed");
    expect(await page.textContent("#head .verdict")).toBe("✕ 82 failed of 236 checks");
    expect(complaints).toEqual([]);
    expect(fetched).toEqual([`file://${files.broken}`]);
  });

  test("tells the cause first, with its evidence", async () => {
    const { page } = await pages.open(files.broken);
    const found = await page.innerText("#found");
    expect(found).toContain("What failed: 1 cause");
    expect(found).toContain(NO_ROUTE.cause);
    expect(found).toContain("behind 82 of 82");
    expect(found).toContain(NO_ROUTE.evidence[0]);
    const order = await page.$$eval("main > section:not([hidden])", (all) => all.map(({ id }) => id));
    expect(order).toEqual(["found", "topology", "matrix", "history"]);
  });

  test("its matrix says of every two ends what report.json says", async () => {
    const { page } = await pages.open(files.broken);
    const shown = await page.$$eval("#matrix td[data-from]", (cells) =>
      cells.map((cell) => [cell.getAttribute("data-key"), cell.textContent]),
    );
    const probed = withdrawn.checks.filter(({ kind }) => kind !== "fact");
    const pairs = Map.groupBy(probed, ({ from, to }) => `${from} ${to}`);
    const asked = shown.filter(([, text]) => text !== "");
    expect(asked).toHaveLength(pairs.size);
    for (const [key, text] of asked) expect(text, key!).toBe(cellOf(pairs.get(key!)!).symbol.replace("·", "✓"));
  });

  test("a failing cell tells outcome, cause, the packet's path with the deciding route, and how to ask again", async () => {
    const { page, complaints } = await pages.open(files.broken);
    await page.click('#matrix [data-key="host01/web host02/web"]');
    const told = await page.innerText("#details");
    expect(told).toContain("host01/web → host02/web");
    expect(told).toMatch(/expected\s+ok ttl 61\s+observed\s+no-route by 10\.240\.1\.1/);
    expect(told).toContain("router has no route to 192.168.30.0/24");
    expect(told).toContain("forwarded by route 192.168.30.0/24 via 10.240.2.2 dev host02-net");
    expect(told).toContain(
      "kept its address by host01 nat POSTROUTING #3 (-s 192.168.20.0/24 -d 192.168.0.0/16 -j RETURN)",
    );
    expect(told).toContain("npm run check -- routed --from host01/web --to host02/web --kind icmp");
    expect(told).toContain(
      "docker exec routed.host01 nsenter -t $(docker exec routed.host01 docker inspect -f '{{.State.Pid}}' web.pause) -n ping -c 1 -W 3 192.168.30.2",
    );
    expect(complaints).toEqual([]);
  });

  test("a kind of check has a matrix of its own", async () => {
    const { page } = await pages.open(files.broken);
    await page.click('#matrix .chips button:text-is("mtu")');
    const asked = await page.$$eval("#matrix td[data-from]:not(.none)", (cells) => cells.length);
    expect(asked).toBe(withdrawn.checks.filter(({ kind }) => kind === "mtu").length);
  });

  test("an IP family has one, too, and a service is a target like any other", async () => {
    const { page } = await pages.open(`${files.dual}#from=host01%2Fpod1&to=host02%2Fpod1`);
    const checks = () => page.locator("#details .check").count();
    const both = await checks();
    await page.click('#matrix .chips button:text-is("IPv6")');
    expect(await checks()).toBe(both / 2);
    expect(await page.innerText("#details .hops")).toContain("fd");
    const services = await pages.open(`${files.services}#from=host01%2Fweb&to=svc%2Fweb`);
    await services.page.click('#details .check:has-text("tcp")');
    expect(await services.page.innerText("#details .hops")).toContain("destination 10.96.0.1 port 80 -> ");
  });

  test("the history says what changed since the run before", async () => {
    const { page } = await pages.open(files.broken);
    const rows = await page.$$eval("#history tbody tr", (all) => all.map((row) => (row as HTMLElement).innerText));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain("82 failed of 236");
    expect(rows[0]).toContain("82 fail now: icmp host01/web -> host02/web");
    expect(rows[1]).toContain("the first run");
  });

  test("the node that is to blame is marked, and its links tell what failed", async () => {
    const { page } = await pages.open(files.broken);
    expect(await page.$$eval("svg .found", (all) => all.map((one) => one.getAttribute("data-id")))).toEqual(["router"]);
    await page.click('svg .wire[data-link="host02-net"] .reach', { force: true });
    expect(await page.innerText("#details")).toMatch(/\d+ of the \d+ checks on this path not as expected/);
  });
});

describe("links", () => {
  const states = async (file: string) => {
    const { page } = await pages.open(file);
    const wires = await page.$$eval("svg .wire", (all) =>
      all.map((one) => [
        `${one.getAttribute("data-link")} ${one.getAttribute("data-end")}`,
        one.getAttribute("data-state"),
      ]),
    );
    return Object.fromEntries(wires) as Record<string, string>;
  };

  test("of a healthy lab are all as expected, whatever the kind of network", async () => {
    for (const file of [files.healthy, files.overlay, files.services, files.dual]) {
      expect(Object.values(await states(file)).every((state) => state === "ok")).toBe(true);
    }
  });

  test("a pulled cable is red, and nothing else is", async () => {
    const { "host02-net host02": pulled, ...others } = await states(files.unplugged);
    expect(pulled).toBe("bad");
    expect(new Set(Object.values(others))).toEqual(new Set(["ok"]));
  });

  test("among sixteen hosts, too", async () => {
    const { "host05-net host05": pulled, ...others } = await states(files.big);
    expect(pulled).toBe("bad");
    expect(new Set(Object.values(others))).toEqual(new Set(["ok"]));
  });
});

describe("the keyboard", () => {
  test("goes through the matrix by arrows, and opens a cell by Enter", async () => {
    const { page } = await pages.open(files.broken);
    await page.focus("#matrix td[tabindex='0']");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    expect(await page.innerText("#details h2")).toBe("host01/db → host02/web");
    expect(await page.textContent("[role=status]#said")).toBe("Details of host01/db to host02/web");
    expect(new URL(page.url()).hash).toBe("#from=host01%2Fdb&to=host02%2Fweb");
  });

  test("reaches every box of the drawing, and shows its routes and rules", async () => {
    const { page } = await pages.open(files.healthy);
    expect(await page.$$eval("svg [data-id]", (all) => all.every((one) => one.getAttribute("tabindex") === "0"))).toBe(
      true,
    );
    await page.focus('svg [data-id="host01"]');
    await page.keyboard.press("Enter");
    const told = await page.innerText("#details");
    expect(told).toContain("default via 10.240.1.1 dev eth0");
    expect(told).toContain("192.168.20.0/24 dev cbr0 (connected)");
    expect(told).toContain("-s 192.168.20.0/24 -j MASQUERADE");
  });

  test("zooms by buttons", async () => {
    const { page } = await pages.open(files.big);
    const box = () => page.$eval("svg.topology", (svg) => svg.getAttribute("viewBox"));
    const whole = await box();
    await page.click('button[aria-label="Zoom in"]');
    expect(await box()).not.toBe(whole);
    await page.click('button[aria-label="Fit: show all"]');
    expect(await box()).toBe(whole);
  });
});

describe("drawings", () => {
  test.each(["healthy", "overlay", "docker0", "dual", "big"] as const)(
    "%s: text stays in its box and covers no other",
    async (name) => {
      const { page } = await pages.open(files[name]);
      const wrong = await page.evaluate(() => {
        const area = (element: Element) => element.getBoundingClientRect();
        const slack = 1;
        const texts = [...document.querySelectorAll("svg.topology text")];
        const outside = texts.filter((text) => {
          const frame = text.parentElement!.closest("[data-id]")!.querySelector(".frame")!;
          const [a, b] = [area(text), area(frame)];
          return a.left < b.left || a.right > b.right + slack || a.top < b.top - slack || a.bottom > b.bottom + slack;
        });
        const over = texts.filter((text, at) =>
          texts.slice(at + 1).some((other) => {
            const [a, b] = [area(text), area(other)];
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            // Line boxes are higher than their letters.
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            return across > slack && down > 0.35 * Math.min(a.height, b.height);
          }),
        );
        return [...outside, ...over].map(({ textContent }) => textContent);
      });
      expect(wrong).toEqual([]);
    },
  );

  test("SVG and draw.io are well-formed XML", async () => {
    const { page } = await pages.open(files.healthy);
    for (const draw of [FORMATS.svg, FORMATS.drawio]) {
      const xml = await draw(stackLab("overlay").plan);
      const root = await page.evaluate(
        (text) => new DOMParser().parseFromString(text, "application/xml").documentElement.nodeName,
        xml,
      );
      expect(root).toMatch(/^(svg|mxfile)$/);
    }
  });
});

describe("everyone", () => {
  test.each([
    ["light", "broken"],
    ["dark", "broken"],
  ] as const)("%s: axe finds no serious fault, %s", async (colorScheme, name) => {
    const { page } = await pages.open(`${files[name]}#from=host01%2Fweb&to=host02%2Fweb`, { colorScheme });
    expect(await faultsOf(page)).toEqual([]);
  });

  test("nor where sixteen hosts are drawn", async () => {
    const { page } = await pages.open(`${files.big}#id=host05`);
    expect(await faultsOf(page, "#drawing", "#details")).toEqual([]);
  });

  test("a narrow screen scrolls in one direction only", async () => {
    const { page } = await pages.open(files.broken, { viewport: { width: 390, height: 800 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

test("thirty thousand checks: a small file, soon open, and every check in it", async () => {
  expect(statSync(files.big).size).toBeLessThan(600_000);
  const began = performance.now();
  const { page, complaints } = await pages.open(`${files.big}#from=host05%2Fpod1&to=host01%2Fpod1`);
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(await page.textContent("#head .verdict")).toMatch(/failed of 30,000 checks$/);
  expect(await page.innerText("#details")).toContain("Do it again");
  expect(complaints).toEqual([]);
});

describe("a page that is served", () => {
  test("shows a newer report by itself, and says when the server is gone", async () => {
    await pages.write("live", routed, healthy);
    const server = await servePage(pages.folder("live"), 0);
    try {
      const { page, complaints, fetched } = await pages.open(server.url);
      await page.waitForSelector(".live.on");
      expect(await page.textContent("#head .verdict")).toContain("all as expected");
      await pages.write("live", routed, unplugged);
      await page.waitForSelector('svg .wire[data-link="host02-net"][data-state="bad"]');
      expect(await page.textContent("#head .verdict")).toContain("failed");
      expect(complaints).toEqual([]);
      expect(fetched.every((url) => url.startsWith(server.url))).toBe(true);
      await server.close();
      await page.waitForFunction(() => document.querySelector(".live")!.textContent!.includes("gone"));
    } finally {
      await server.close().catch(() => undefined);
    }
  });

  test("npm run report -- --serve says where it is, and ends well by Ctrl-C", async () => {
    const name = "test-page";
    const { folder } = await writeReport({ ...healthy, lab: name }, REPORTS);
    try {
      await writePage(folder, { ...healthy, lab: name }, routed);
      const cli = join(ROOT, "lab-scripts/cli.ts");
      const { stdout } = await execa(process.execPath, [cli, "report", name], { cwd: ROOT });
      expect(stdout).toBe(`report/${name}/index.html`);
      const served = execa(process.execPath, [cli, "report", name, "--serve"], { reject: false, timeout: 30_000 });
      const url = await new Promise<string>((resolve) =>
        served.stdout.on("data", (text) => resolve(/http:\S+/.exec(String(text))![0])),
      );
      const { page } = await pages.open(url);
      await page.waitForSelector(".live.on");
      served.kill("SIGINT");
      expect((await served).exitCode).toBe(0);
      const bad = await execa(process.execPath, [cli, "report", "nobody"], { reject: false });
      expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("npm run check -- nobody") });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is for this machine only", async () => {
    const server = await servePage(pages.folder("live"), 0);
    try {
      expect(new URL(server.url).hostname).toBe("127.0.0.1");
      const { request } = await import("node:http");
      const status = await new Promise((resolve, reject) => {
        request(server.url, { headers: { host: "elsewhere.example" } }, ({ statusCode }) => resolve(statusCode))
          .on("error", reject)
          .end();
      });
      expect(status).toBe(403);
    } finally {
      await server.close();
    }
  });
});
