// Scales, axes and curves of a panel.
import { MARGIN, clamp, element } from "./dom.js";

export const HEIGHT = { run: 270, rates: 190, curvature: 150, deltas: 150, output: 270, path: 270 };
const NARROW = { ...MARGIN, right: 12 }; // of panels without labels at their right

/**
 * @typedef {{ low: number, high: number, log: boolean }} Range
 * @typedef {Range & { at: (value: number) => number, back: (pixel: number) => number }} Scale
 * @typedef {{ steps: number, step: number, hidden: boolean, color: string }} RunView of a run, what all panels show
 * @typedef {import("./pins.js").PinView & { rate: number, losses: ArrayLike<number> }} PinnedRun
 * @typedef {RunView & { losses: Float64Array, log: boolean, limits: [number, number], name: string,
 *   pins: PinnedRun[] }} LossView of a run, what panels of losses show; `name` is the loss's letter
 */

/** @param {number} low @param {number} high @param {number} room for so many ticks */
function logTicks(low, high, room) {
  const decades = [];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  for (let e = first; e <= Math.log10(high) + 1e-9; e++) decades.push(e);
  if (decades.length < 2) {
    const some = [];
    for (let e = first - 1; e <= Math.log10(high) + 1; e++)
      for (const m of [1, 2, 5]) if (m * 10 ** e >= low && m * 10 ** e <= high) some.push(m * 10 ** e);
    return some;
  }
  const every = Math.ceil(decades.length / Math.max(2, room));
  return decades.filter((e) => e % every === 0).map((e) => 10 ** e);
}

/** @param {number} low @param {number} high @param {number} count */
function linearTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? raw;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++) ticks.push(k * step);
  return ticks;
}

/**
 * @param {number} low @param {number} high @param {number} from @param {number} to pixels @param {boolean} log
 * @returns {Scale}
 */
function scale(low, high, from, to, log) {
  const map = log ? Math.log : (/** @type {number} */ v) => v;
  const [a, b] = [map(low), map(high)];
  const at = (/** @type {number} */ value) => {
    if (log && value <= 0) return to < from ? from + 1e4 : from - 1e4;
    return clamp(from + ((map(value) - a) / (b - a)) * (to - from), -1e4, 1e4);
  };
  const back = (/** @type {number} */ pixel) => {
    const v = a + ((pixel - from) / (to - from)) * (b - a);
    return log ? Math.exp(v) : v;
  };
  return { at, back, low, high, log };
}

/** @param {number} value */
function tickText(value) {
  const e = Math.log10(value);
  if (value && (e >= 5 || e < -3)) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

/** One set of axes; `back`, `front` and `plot` are clipped to it, `marks` are not. */
export class Panel {
  /** @type {Scale} */
  x;
  /** @type {Scale} */
  y;
  left = 0;
  right = 0;
  top = 0;
  bottom = 0;

  /** @param {Element} parent @param {keyof typeof HEIGHT} kind */
  constructor(parent, kind) {
    this.height = HEIGHT[kind];
    this.margin = kind === "output" || kind === "path" ? NARROW : MARGIN;
    this.svg = element("svg", { class: `loss-panel ${kind}`, role: "img", height: this.height }, parent);
    const id = `clip-${Math.random().toString(36).slice(2)}`;
    this.clip = element("rect", {}, element("clipPath", { id }, element("defs", {}, this.svg)));
    this.grid = element("g", {}, this.svg);
    this.points = element("g", {}, this.svg);
    this.back = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.axes = element("g", { class: "axes" }, this.svg);
    this.front = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.plot = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.marks = element("g", {}, this.svg);
  }

  /**
   * @param {number} width @param {Range} x @param {Range} y @param {string} xTitle @param {string} yTitle
   * @param {boolean} [yTicks]
   */
  drawFrame(width, x, y, xTitle, yTitle, yTicks = true) {
    const [left, right] = [this.margin.left, width - this.margin.right];
    const [top, bottom] = [this.margin.top, this.height - this.margin.bottom];
    this.svg.setAttribute("width", String(width));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    for (const [key, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top }))
      this.clip.setAttribute(key, String(value));
    this.x = scale(x.low, x.high, left, right, x.log);
    this.y = scale(y.low, y.high, bottom, top, y.log);
    // for tests, which read the curves back: the ends of both axes, as data and in pixels
    Object.assign(this.svg.dataset, {
      x: `${x.low} ${x.high} ${left} ${right} ${x.log ? "log" : "linear"}`,
      y: `${y.low} ${y.high} ${bottom} ${top} ${y.log ? "log" : "linear"}`,
    });
    this.axes.replaceChildren();
    this.grid.replaceChildren();
    this.back.replaceChildren();
    this.front.replaceChildren();
    this.points.replaceChildren();
    const ticks = (/** @type {Scale} */ s, /** @type {number} */ room) =>
      s.log ? logTicks(s.low, s.high, room) : linearTicks(s.low, s.high, room);
    for (const value of yTicks ? ticks(this.y, (bottom - top) / 36) : []) {
      const at = this.y.at(value);
      element("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }, this.grid);
      element("text", { x: left - 7, y: at + 4, "text-anchor": "end" }, this.axes).textContent = tickText(value);
    }
    for (const value of ticks(this.x, (right - left) / 60)) {
      const at = this.x.at(value);
      element("line", { class: "tick", x1: at, x2: at, y1: bottom, y2: bottom + 4 }, this.axes);
      element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, this.axes).textContent = tickText(value);
    }
    element("path", { class: "frame", d: `M${left} ${top}V${bottom}H${right}` }, this.axes);
    const middle = (left + right) / 2;
    element("text", { class: "title", x: middle, y: this.height - 4, "text-anchor": "middle" }, this.axes).textContent =
      xTitle;
    const turned = `translate(13 ${(top + bottom) / 2}) rotate(-90)`;
    element("text", { class: "title", transform: turned, "text-anchor": "middle" }, this.axes).textContent = yTitle;
    Object.assign(this, { left, right, top, bottom });
  }

  /** @param {Element} line @param {number} at */
  vertical(line, at) {
    for (const [key, value] of Object.entries({ x1: at, x2: at, y1: this.top, y2: this.bottom }))
      line.setAttribute(key, String(value));
  }

  /** @param {ArrayLike<number>} values @param {number} [every] steps between two */
  curve(values, every = 1) {
    let d = "";
    let pen = "M";
    for (let t = 0; t < values.length; t++) {
      if (!Number.isFinite(values[t])) {
        pen = "M";
        continue;
      }
      d += `${pen}${this.x.at(t * every).toFixed(1)} ${this.y.at(values[t]).toFixed(2)}`;
      pen = "L";
    }
    return d;
  }

  /** Between two curves; what is not finite is at the top. @param {ArrayLike<number>} low @param {ArrayLike<number>} high */
  area(low, high) {
    const point = (/** @type {number} */ value, /** @type {number} */ t) =>
      `${this.x.at(t).toFixed(1)} ${this.y.at(Math.min(value, this.y.high)).toFixed(2)}`;
    return `M${[...Array.from(low, point), ...Array.from(high, point).reverse()].join("L")}Z`;
  }
}
