/** Fonts and colours of drawings and of the page around them, as variables of CSS. */

const FONTS = {
  sans: 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif',
  mono: 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace',
};

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

const variables = (theme: Readonly<Record<string, string>>): string =>
  Object.entries(theme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

/** Light or dark as its reader has it; light on paper. */
export const THEMES = `:root{color-scheme:light dark;${variables({ ...FONTS, ...LIGHT })}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
@media print{:root{${variables(LIGHT)}}}`;
