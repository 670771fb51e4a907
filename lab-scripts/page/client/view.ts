/** The drawing's view: the wheel (with Ctrl), the pinch and the buttons zoom, dragging pans; the keyboard has the buttons. */
import { h } from "./dom.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const STEP = 1.3;
const MOST = 6;

export function makeZoomable(svg: SVGSVGElement): HTMLElement {
  const { width, height } = svg.viewBox.baseVal;
  const whole: Box = { x: 0, y: 0, width, height };
  let box = whole;
  const show = (next: Box) => {
    box = next;
    svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    svg.classList.toggle("zoomed", box !== whole);
  };
  /** By a factor, around a point of the drawing. */
  const zoom = (factor: number, x = box.x + box.width / 2, y = box.y + box.height / 2) => {
    const scale = Math.min(Math.max((box.width * factor) / width, 1 / MOST), 1);
    if (scale === 1) return show(whole);
    const by = (scale * width) / box.width;
    show(
      inside({ x: x - (x - box.x) * by, y: y - (y - box.y) * by, width: scale * width, height: scale * height }, whole),
    );
  };
  const pointOf = ({ clientX, clientY }: MouseEvent) => {
    const at = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM()!.inverse());
    return [at.x, at.y] as const;
  };
  svg.addEventListener(
    "wheel",
    (event) => {
      // Without Ctrl the wheel scrolls the page; a trackpad's pinch comes with it.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(STEP ** Math.sign(event.deltaY), ...pointOf(event));
    },
    { passive: false },
  );
  svg.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || box === whole) return;
    const start = box;
    const scale = box.width / svg.getBoundingClientRect().width;
    const move = (event: PointerEvent) => {
      const [dx, dy] = [(event.clientX - down.clientX) * scale, (event.clientY - down.clientY) * scale];
      show(inside({ ...start, x: start.x - dx, y: start.y - dy }, whole));
    };
    const end = () => {
      svg.removeEventListener("pointermove", move);
      svg.ownerDocument.removeEventListener("pointerup", end);
    };
    svg.addEventListener("pointermove", move);
    svg.ownerDocument.addEventListener("pointerup", end);
  });
  const button = (text: string, name: string, act: () => void) =>
    h("button", { type: "button", "aria-label": name, title: name, onclick: act }, text);
  return h(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    h("span", { class: "soft" }, "Ctrl and wheel zoom, drag pans"),
    button("−", "Zoom out", () => zoom(STEP)),
    button("+", "Zoom in", () => zoom(1 / STEP)),
    button("Fit", "Fit: show all", () => show(whole)),
  );
}

function inside(box: Box, whole: Box): Box {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return { ...box, x: clamp(box.x, whole.width - box.width), y: clamp(box.y, whole.height - box.height) };
}
