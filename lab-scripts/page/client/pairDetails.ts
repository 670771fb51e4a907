/** Two ends: their checks, what was expected and seen of one, its cause, its path, and how to ask again. */
import { expectedText, resultText } from "../../report/report.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import { commands, h } from "./dom.ts";
import type { Lab } from "./lab.ts";
import { pathOf } from "./path.ts";
import { checkCommand, probeCommand, walkCommand } from "./reproduce.ts";
import type { Shown } from "./shown.ts";

export function ofPair({ lab, filter }: Shown, from: string, to: string): Node[] | undefined {
  const all = lab.pairsBetween(from, to, filter).flatMap(({ checks }) => checks);
  const chosen = filter.kind === undefined ? all : all.filter(({ kind }) => kind === filter.kind);
  const checks = chosen.length > 0 ? chosen : all;
  const worst = checks.find(({ verdict }) => verdict !== "pass") ?? checks[0];
  if (!worst) return undefined;
  const one = h("div", { id: "one-check" });
  const buttons = checks.map((check) =>
    h(
      "button",
      {
        type: "button",
        class: `check ${check.verdict}`,
        "aria-pressed": check === worst ? "true" : "false",
        onclick: (event) => {
          for (const other of buttons) other.setAttribute("aria-pressed", String(other === event.currentTarget));
          one.replaceChildren(...ofCheck(lab, check));
        },
      },
      `${check.verdict === "pass" ? "✓" : "✕"} ${check.kind}${check.port === undefined ? "" : ` :${check.port}`}`,
      lab.families().length > 1 && check.address.includes(":") ? " IPv6" : "",
    ),
  );
  one.append(...ofCheck(lab, worst));
  return [
    h("h2", {}, `${from} → ${to}`),
    h("div", { class: "checks", role: "group", "aria-label": "Checks of this pair" }, buttons),
    one,
  ];
}

function ofCheck(lab: Lab, check: ReportedCheck): Node[] {
  const { verdict, reason, observed } = check;
  const finding = lab.findingOf(check);
  const probe = probeCommand(lab, check);
  return [
    h(
      "dl",
      { class: verdict },
      h("dt", {}, "expected"),
      h("dd", {}, expectedText(check)),
      h("dt", {}, "observed"),
      h("dd", { class: verdict === "pass" ? "pass" : "fail" }, resultText(observed)),
    ),
    ...(reason ? [h("p", { class: "reason" }, reason)] : []),
    ...(finding
      ? [
          h("h3", {}, "Found"),
          h("p", { class: "cause" }, finding.cause),
          h("pre", { tabindex: 0, "aria-label": "Evidence" }, h("code", {}, finding.evidence.join("\n"))),
        ]
      : []),
    ...(pathOf(lab, check) ? [pathOf(lab, check)!] : []),
    h("h3", {}, "Do it again"),
    commands([checkCommand(lab, check), ...(probe ? [probe, walkCommand(lab, check)] : [])]),
  ];
}
