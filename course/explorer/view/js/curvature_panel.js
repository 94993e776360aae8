// η times the largest curvature along the run, against the limit at 2.
import { KEPT_EVERY } from "./details.js";
import { element } from "./dom.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const LINEAR = 8; // above this, the axis is logarithmic

export class CurvaturePanel extends Panel {
  /** @param {Element} parent */
  constructor(parent) {
    super(parent, "curvature");
    this.line = element("path", { class: "line current" }, this.plot);
    this.cursor = element("line", { class: "cursor" }, this.marks);
    this.reading = element("text", { class: "reading" }, this.marks);
  }

  /** @param {number} width @param {import("./panel.js").RunView} view @param {number[]} values every KEPT_EVERY steps */
  update(width, view, values) {
    const known = view.hidden ? [] : values.filter(Number.isFinite); // the axis of a hidden run tells nothing of it
    const peak = Math.max(4, ...known);
    const log = peak > LINEAR;
    const low = log ? Math.max(1e-3, Math.min(1, ...known.filter((value) => value > 0))) : Math.min(0, ...known);
    this.drawFrame(
      width,
      { low: 0, high: view.steps, log: false },
      { low, high: peak * 1.1, log },
      "step",
      "η · λ_max",
    );
    const two = this.y.at(2);
    element("line", { class: "limit", x1: this.left, x2: this.right, y1: two, y2: two }, this.back);
    element("text", { x: this.right + 6, y: two + 4 }, this.axes).textContent = "2, the limit";
    this.line.style.setProperty("--c", view.color);
    this.line.setAttribute("d", view.hidden ? "" : this.curve(values, KEPT_EVERY));
    this.vertical(this.cursor, this.x.at(view.step));
    const value = values[Math.round(view.step / KEPT_EVERY)];
    const here = Number.isFinite(value) && !view.hidden;
    this.reading.setAttribute("x", String(this.right + 6));
    this.reading.setAttribute("y", String(this.top + 11));
    this.reading.textContent = here ? `here ${short(value)}` : "";
    const text = known.length
      ? `At most ${short(Math.max(...known))}${here ? `, at step ${view.step} about ${short(value)}` : ""}.`
      : "Not known yet.";
    this.svg.setAttribute("aria-label", `η times the largest curvature against step, with the limit at 2. ${text}`);
  }
}
