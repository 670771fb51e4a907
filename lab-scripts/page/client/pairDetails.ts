/** Two ends: their checks, what was expected and seen of one, its cause, its path, and how to ask again. */
import { isIPv6 } from "../../../infra/spec/address.ts";
import { expectedText, resultText } from "../../report/report.ts";
import type { ReportedCheck } from "../../report/schema.ts";
import { button, type Child, commands, filled, h, listing } from "./dom.ts";
import type { Lab } from "./lab.ts";
import { pathOf } from "./path.ts";
import { checkCommand, probeCommand, walkCommand } from "./reproduce.ts";
import type { Shown } from "./shown.ts";

export function ofPair({ lab, filter }: Shown, from: string, to: string): Child {
  const all = lab.pairsBetween(from, to, filter).flatMap(({ checks }) => checks);
  const chosen = filter.kind === undefined ? all : all.filter(({ kind }) => kind === filter.kind);
  const checks = chosen.length > 0 ? chosen : all;
  const worst = checks.find(({ verdict }) => verdict !== "pass") ?? checks[0];
  if (!worst) return undefined;
  const one = h("div", { id: "one-check" }, ofCheck(lab, worst));
  const families = lab.families().length > 1;
  const buttons = checks.map((check) => {
    const { kind, port, verdict, address } = check;
    const mark = `${verdict === "pass" ? "✓" : "✕"} ${kind}${port === undefined ? "" : ` :${port}`}`;
    const choose = (event: Event) => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      filled(one, ofCheck(lab, check));
    };
    return button(`${mark}${families && isIPv6(address) ? " IPv6" : ""}`, choose, {
      class: `check ${verdict}`,
      "aria-pressed": String(check === worst),
    });
  });
  return [
    h("h2", `${from} → ${to}`),
    h("div", { class: "checks", role: "group", "aria-label": "Checks of this pair" }, buttons),
    one,
  ];
}

function ofCheck(lab: Lab, check: ReportedCheck): Child {
  const { verdict, reason, observed } = check;
  const finding = lab.findingOf(check);
  const probe = probeCommand(lab, check);
  return [
    h(
      "dl",
      { class: verdict },
      h("dt", "expected"),
      h("dd", expectedText(check)),
      h("dt", "observed"),
      h("dd", { class: verdict === "pass" ? "pass" : "fail" }, resultText(observed)),
    ),
    reason && h("p", { class: "reason" }, reason),
    finding && [h("h3", "Found"), h("p", { class: "cause" }, finding.cause), listing(finding.evidence, "Evidence")],
    pathOf(lab, check),
    h("h3", "Do it again"),
    commands([checkCommand(lab, check), ...(probe ? [probe, walkCommand(lab, check)] : [])]),
  ];
}
