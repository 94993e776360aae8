// The run as a path over a plane of weights, with lines of equal loss.
import { contour } from "./contour.js";
import { SIDE } from "./details.js";
import { element } from "./dom.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const LEVELS = 12;
/** @type {[number, number]} */
const UNIT = [0, 1];

/** @typedef {import("./details.js").Slice} Slice */

export class PathPanel extends Panel {
  /** @type {{ losses: Float64Array, width: number, hidden: boolean, ends: number[] } | undefined} */
  drawn;

  /** @param {Element} parent */
  constructor(parent) {
    super(parent, "path");
    this.levels = element("path", { class: "level" }, this.plot);
    this.line = element("path", { class: "line" }, this.plot);
    this.first = element("rect", { class: "first", width: 8, height: 8 }, this.marks);
    this.dot = element("circle", { class: "dot", r: 4.5 }, this.marks);
  }

  /** @param {number} width @param {import("./panel.js").RunView} view @param {Slice} slice */
  update(width, view, { path, across, up, losses }) {
    const [low, high] = this.drawLevels(width, view.hidden, across, up, losses);
    const step = view.hidden ? 0 : Math.min(view.step, path.length / 2 - 1);
    const points = Array.from(path.slice(0, 2 * step + 2), (value, k) => (k % 2 ? this.y : this.x).at(value));
    this.line.style.setProperty("--c", view.color);
    this.line.setAttribute("d", view.hidden ? "" : `M${points.map((value) => value.toFixed(1)).join(" ")}`);
    for (const mark of [this.first, this.dot]) mark.style.display = view.hidden ? "none" : "";
    this.dot.setAttribute("cx", points[2 * step].toFixed(1));
    this.dot.setAttribute("cy", points[2 * step + 1].toFixed(1));
    this.first.setAttribute("x", String(points[0] - 4));
    this.first.setAttribute("y", String(points[1] - 4));
    const text = view.hidden ? "Not to be seen yet." : `Losses in this plane are from ${short(low)} to ${short(high)}.`;
    this.svg.setAttribute(
      "aria-label",
      `The run up to step ${view.hidden ? view.step : step} as a path, from the square to the circle, over a plane of weights. ${text}`,
    );
  }

  /**
   * Draw the lines of equal loss where they have changed; return the lowest and highest loss.
   * @param {number} width @param {boolean} hidden
   * @param {Slice["across"]} across @param {Slice["up"]} up @param {Slice["losses"]} losses
   */
  drawLevels(width, hidden, across, up, losses) {
    if (this.drawn?.losses === losses && this.drawn.width === width && this.drawn.hidden === hidden)
      return this.drawn.ends;
    const axis = (/** @type {[number, number]} */ [low, high]) => ({ low, high, log: false });
    // the axes of a hidden run tell nothing of it
    this.drawFrame(width, axis(hidden ? UNIT : across), axis(hidden ? UNIT : up), "along the run", "across it");
    const at = (/** @type {[number, number]} */ [low, high], /** @type {number} */ k) =>
      low + ((high - low) * k) / (SIDE - 1);
    const x = (/** @type {number} */ i) => this.x.at(at(across, i));
    const y = (/** @type {number} */ j) => this.y.at(at(up, j));
    const known = losses.filter((loss) => loss > 0 && Number.isFinite(loss));
    const ends = known.length ? [Math.min(...known), Math.max(...known)] : [NaN, NaN];
    const level = (/** @type {number} */ k) => ends[0] * (ends[1] / ends[0]) ** ((k + 0.5) / LEVELS);
    const lines = Array.from({ length: hidden ? 0 : LEVELS }, (_, k) => contour(losses, SIDE, level(k), x, y));
    this.levels.setAttribute("d", lines.join(""));
    this.drawn = { losses, width, hidden, ends };
    return ends;
  }
}
