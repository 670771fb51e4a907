/** How the drawing looks. Colours that a page shares are variables; a page may set others, or a `data-state` on a wire. */
import { FONT } from "./measure.ts";

export const SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif';
export const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace';

/** Both themes; states differ in lightness and in the line's dashes, too, for eyes that tell no red from green. */
const LIGHT = {
  ground: "#fbfcfd",
  card: "#ffffff",
  host: "#f3f6f9",
  edge: "#c5ced8",
  ink: "#17212c",
  soft: "#536170",
  wire: "#8696a7",
  bridge: "#dfe9f5",
  bridgeInk: "#1f4b7a",
  router: "#e7eef7",
  ok: "#0b7a6d",
  bad: "#c2370d",
  part: "#946200",
  error: "#6d3fc4",
};

const DARK: typeof LIGHT = {
  ground: "#10161d",
  card: "#1b242e",
  host: "#151d26",
  edge: "#384656",
  ink: "#e6edf4",
  soft: "#9dabba",
  wire: "#6b7c8e",
  bridge: "#1d3550",
  bridgeInk: "#a9cdf5",
  router: "#18283a",
  ok: "#45c7b3",
  bad: "#ff8358",
  part: "#e2b04a",
  error: "#b69cf5",
};

const variables = (theme: typeof LIGHT): string =>
  Object.entries(theme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");

/** Variables of both themes, for the drawing and for the page around it. */
export const THEMES = `:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
@media print{:root{${variables(LIGHT)}}}`;

export const STYLE = `${THEMES}
.topology text{font:${FONT.name}px ${SANS};fill:var(--ink)}
.topology .title{font-size:${FONT.title}px;font-weight:650}
.topology .name{font-size:${FONT.name}px;font-weight:600}
.topology .address{font:${FONT.address}px ${MONO};font-weight:400;fill:var(--soft)}
.topology .container,.topology .route{font:${FONT.small}px ${MONO};fill:var(--soft)}
.topology .twice{fill:var(--part);font-weight:600}
.topology .badge{font-size:9.5px;font-weight:700;letter-spacing:.06em;fill:var(--part)}
.topology .ground{fill:var(--ground)}
.topology .frame{fill:var(--host);stroke:var(--edge)}
.topology .router .frame{fill:var(--router)}
.topology .pod .frame,.topology .internet .frame{fill:var(--card)}
.topology .tunnel .frame{fill:none;stroke:var(--bridgeInk);stroke-dasharray:5 4}
.topology .tunnel .title{font-size:${FONT.name}px;fill:var(--bridgeInk)}
.topology .bridge rect{fill:var(--bridge)}
.topology .bridge .name,.topology .bridge .address{fill:var(--bridgeInk)}
.topology .line{fill:none;stroke:var(--wire);stroke-width:1.8}
.topology .reach{fill:none;stroke:transparent;stroke-width:12}
.topology .plug{fill:var(--wire)}
.topology .tunnelled .line{stroke:var(--bridgeInk);stroke-dasharray:5 4;stroke-width:1.4}
.topology .tunnelled .plug{fill:var(--bridgeInk)}`.replaceAll("\n", "");
