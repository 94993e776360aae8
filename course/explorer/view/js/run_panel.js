// Loss against step: the run shown, the student's own, pinned ones, and where the step cursor is.
import { BAND_SEEDS } from "./details.js";
import { clamp, element } from "./dom.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const LONGEST_LABEL = 15; // in characters; the list of pins shows labels whole
const LINE = 14; // pixels between two labels

/**
 * @typedef {import("./panel.js").LossView & { own: ArrayLike<number>, rateText: string, part: number | null,
 *   drawing: Float64Array | null, band: import("./details.js").Band | null }} View
 * @typedef {{ name: string, text: string, at: number, dashes?: string, color?: string }} Label
 */

export class RunPanel extends Panel {
  /** @param {Element} parent @param {number[][]} dashes of the pinned runs */
  constructor(parent, dashes) {
    super(parent, "run");
    this.dashes = dashes;
    const line = (/** @type {string} */ name) => element("path", { class: `line ${name}` }, this.plot);
    this.pins = dashes.map((dash, k) => {
      const path = line(`pin pin-${k}`);
      path.setAttribute("stroke-dasharray", dash.join(" "));
      return path;
    });
    this.band = element("path", { class: "band" }, this.plot);
    this.middle = line("middle");
    this.ahead = line("current ahead");
    this.current = line("current");
    this.drawing = line("drawing");
    this.own = line("own");
    this.own.setAttribute("stroke-dasharray", "7 3");
    this.parted = element("g", { class: "parted" }, this.marks);
    element("path", { d: "M-5-5L5 5M-5 5L5-5" }, this.parted);
    element("text", { x: 9, y: -6 }, this.parted).textContent = "they part";
    this.cursor = element("line", { class: "cursor" }, this.marks);
    this.dot = element("circle", { class: "dot", r: 4.5 }, this.marks);
    this.pen = element("circle", { class: "pen-mark", r: 5 }, this.marks);
    this.reading = element("text", { class: "reading" }, this.marks);
    this.labels = Array.from({ length: dashes.length + 3 }, () => {
      const group = element("g", { class: "label" }, this.marks);
      return {
        group,
        sample: element("path", { class: "line", d: "M0 0h16" }, group),
        text: element("text", { x: 20, y: 4 }, group),
      };
    });
  }

  /** @param {number} width @param {View} view */
  frame(width, view) {
    const [low, high] = view.limits;
    const y = { low: view.log ? low : 0, high, log: view.log };
    this.drawFrame(width, { low: 0, high: view.steps, log: false }, y, "step", `loss ${view.name}`);
  }

  /** @param {View} view */
  update(view) {
    const { losses, step, own, pins } = view;
    const seen = view.hidden ? [] : losses;
    // the curve is thin ahead of the step cursor
    this.current.setAttribute("d", this.curve(seen.slice(0, step + 1)));
    this.ahead.setAttribute("d", step < view.steps ? this.curve(seen) : "");
    for (const path of [this.current, this.ahead]) path.style.setProperty("--c", view.color);
    this.drawing.setAttribute("d", view.drawing ? this.curve(view.drawing) : "");
    this.own.setAttribute("d", view.hidden ? "" : this.curve(own));
    this.pins.forEach((path, k) => {
      path.setAttribute("d", pins[k] ? this.curve(pins[k].losses) : "");
      if (pins[k]) path.style.setProperty("--c", pins[k].color);
    });
    const band = view.hidden ? null : view.band;
    this.band.setAttribute("d", band ? this.area(band.low, band.high) : "");
    this.middle.setAttribute("d", band ? this.curve(band.middle) : "");
    const at = view.hidden || !Number.isInteger(view.part) ? NaN : /** @type {number} */ (view.part);
    const partsHere = Number.isFinite(losses[at]);
    this.parted.style.display = partsHere ? "" : "none";
    if (partsHere) this.parted.setAttribute("transform", `translate(${this.x.at(at)} ${this.height_of(losses[at])})`);
    this.drawCursor(view);
    this.drawLabels(view);
  }

  /** @param {number} loss */
  height_of(loss) {
    return clamp(this.y.at(loss), this.top, this.bottom);
  }

  /** Show where a prediction is drawn by keys. @param {[number, number] | null} at step and loss */
  drawPen(at) {
    this.pen.style.display = at ? "" : "none";
    if (!at) return;
    this.pen.setAttribute("cx", String(this.x.at(at[0])));
    this.pen.setAttribute("cy", String(this.height_of(at[1])));
  }

  /** @param {View} view */
  drawCursor({ step, losses, hidden }) {
    const x = this.x.at(step);
    this.vertical(this.cursor, x);
    const loss = losses[step];
    const there = Number.isFinite(loss) && !hidden;
    this.dot.style.display = there ? "" : "none";
    this.reading.textContent = hidden ? "" : `step ${step}: ${short(loss)}`;
    if (!there) return;
    const y = this.height_of(loss);
    this.dot.setAttribute("cx", String(x));
    this.dot.setAttribute("cy", String(y));
    // beside the cursor, in the half of the panel that the curve leaves free
    const left = x > (this.left + this.right) / 2;
    const near = losses
      .slice(Math.max(0, left ? step - 60 : step), left ? step + 1 : step + 60)
      .filter(Number.isFinite);
    const mean = near.reduce((sum, value) => sum + this.height_of(value), 0) / near.length;
    this.reading.setAttribute("x", String(left ? x - 8 : x + 8));
    this.reading.setAttribute("y", String(mean < (this.top + this.bottom) / 2 ? this.bottom - 8 : this.top + 12));
    this.reading.setAttribute("text-anchor", left ? "end" : "start");
  }

  /** @param {View} view */
  drawLabels({ losses, own, pins, rateText, color, hidden, band }) {
    const end = (/** @type {ArrayLike<number>} */ values) => {
      let k = values.length - 1;
      while (k >= 0 && !Number.isFinite(values[k])) k--;
      return k < 0 ? null : this.height_of(values[k]);
    };
    /** @type {(Omit<Label, "at"> & { at: number | null })[]} */
    const candidates = [
      { name: "current", text: own.length ? "true" : rateText, at: hidden ? null : end(losses), color },
      { name: "own", text: "yours", at: hidden ? null : end(own), dashes: "7 3" },
      { name: "middle", text: `seeds 0–${BAND_SEEDS - 1}`, at: hidden || !band ? null : end(band.middle) },
      ...pins.map((pin, k) => ({
        name: "pin",
        text: `${k + 1}: ${pin.text}`,
        at: end(pin.losses),
        dashes: this.dashes[k].join(" "),
        color: pin.color,
      })),
    ];
    const wanted = /** @type {Label[]} */ (candidates.filter((label) => label.at !== null));
    wanted.sort((a, b) => a.at - b.at);
    // labels stand a line apart, all within the panel
    wanted.forEach((label, k) => (label.at = Math.max(label.at, k ? wanted[k - 1].at + LINE : 0)));
    for (let k = wanted.length - 1, floor = this.bottom; k >= 0; k--, floor -= LINE) {
      if (wanted[k].at <= floor) break;
      wanted[k].at = floor;
    }
    this.labels.forEach(({ group, sample, text }, k) => {
      const label = wanted[k];
      group.style.display = label ? "" : "none";
      if (!label) return;
      group.setAttribute("transform", `translate(${this.right + 5} ${label.at.toFixed(1)})`);
      sample.setAttribute("class", `line ${label.name}`);
      sample.setAttribute("stroke-dasharray", label.dashes ?? "none");
      if (label.color) sample.style.setProperty("--c", label.color);
      else sample.style.removeProperty("--c");
      text.textContent = label.text.length > LONGEST_LABEL ? `${label.text.slice(0, LONGEST_LABEL - 1)}…` : label.text;
    });
  }
}
