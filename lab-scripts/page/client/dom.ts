/** Elements from words and other elements: text is never taken for markup. */

/** What is false, undefined or empty is left out: `failed > 0 && h("b", …)`. */
export type Child = Node | string | number | false | undefined | readonly Child[];
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** `h("p", { class: "soft" }, "words")`, `h("p", "words")`; a function is listened with, `true` sets an attribute without a value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  first?: Attributes | Child,
  ...others: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (!isAttributes(first)) return filled(element, first, ...others);
  for (const [key, value] of Object.entries(first)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  return filled(element, ...others);
}

const isAttributes = (first: Attributes | Child): first is Attributes =>
  typeof first === "object" && !Array.isArray(first) && !(first instanceof Node);

/** Puts others in the place of an element's children. Returns it. */
export function filled<E extends Element>(element: E, ...children: readonly Child[]): E {
  element.replaceChildren(...children.flatMap(nodesOf));
  return element;
}

function nodesOf(child: Child): (Node | string)[] {
  if (typeof child === "object") return child instanceof Node ? [child] : child.flatMap(nodesOf);
  return child === undefined || child === false || child === "" ? [] : [String(child)];
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** A table with a heading for each column. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  const head = heads.map((one) => h("th", { scope: "col" }, one));
  const body = rows.map((row) =>
    h(
      "tr",
      row.map((cell) => h("td", cell)),
    ),
  );
  return h("table", { class: "plain" }, h("caption", caption), h("thead", h("tr", head)), h("tbody", body));
}

export function button(text: string, act: (event: Event) => void, attributes: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", onclick: act, ...attributes }, text);
}

/** Lines as a terminal prints them. */
export function listing(lines: readonly string[], label?: string): HTMLElement {
  return h("pre", { tabindex: 0, "aria-label": label }, h("code", lines.join("\n")));
}

/** Commands to copy, a block each. */
export function commands(lines: readonly string[]): HTMLElement {
  return h(
    "div",
    { class: "commands" },
    lines.map((line) => listing([line])),
  );
}
