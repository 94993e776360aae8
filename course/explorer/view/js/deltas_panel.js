// The norm of δ in each layer along the run.
import { element } from "./dom.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const DASHES = ["none", "6 3", "2 2"];
const LEAST = 1e-8; // of the largest norm: what is below is drawn there

export class DeltasPanel extends Panel {
  /** @param {Element} parent */
  constructor(parent) {
    super(parent, "deltas");
    this.lines = DASHES.map((dash) => element("path", { class: "line", "stroke-dasharray": dash }, this.plot));
    this.labels = DASHES.map(() => element("text", {}, this.marks));
    this.cursor = element("line", { class: "cursor" }, this.marks);
  }

  /** @param {number} width @param {import("./panel.js").RunView} view @param {Float64Array[]} norms by layer */
  update(width, view, norms) {
    let [least, high] = [Infinity, 0];
    // the axis of a hidden run tells nothing of it
    for (const value of view.hidden ? [] : norms.flatMap((layer) => [...layer]))
      if (Number.isFinite(value) && value > 0) [least, high] = [Math.min(least, value), Math.max(high, value)];
    if (!high) [least, high] = [LEAST, 1];
    const low = Math.max(least, LEAST * high);
    this.drawFrame(
      width,
      { low: 0, high: view.steps, log: false },
      { low: low / 1.3, high: high * 1.3, log: true },
      "step",
      "‖δ‖",
    );
    this.lines.forEach((line, l) => line.setAttribute("d", norms[l] && !view.hidden ? this.curve(norms[l]) : ""));
    this.drawLabels(view.hidden ? [] : norms);
    this.vertical(this.cursor, this.x.at(view.step));
    const here = norms.map((layer, l) => `layer ${l + 1}: ${short(layer[view.step])}`).join(", ");
    const text = view.hidden ? "Not to be seen yet." : `At step ${view.step}, ${here}.`;
    this.svg.setAttribute("aria-label", `The norm of δ in each layer against step. ${text}`);
  }

  /** @param {Float64Array[]} norms */
  drawLabels(norms) {
    const places = norms.map((layer, l) => ({
      l,
      at: this.y.at(layer.findLast((value) => Number.isFinite(value) && value > 0) ?? 1),
    }));
    places
      .sort((a, b) => a.at - b.at)
      .forEach((place, k) => {
        place.at = Math.min(Math.max(place.at, this.top + 6, k ? places[k - 1].at + 13 : 0), this.bottom);
      });
    this.labels.forEach((label) => (label.textContent = ""));
    for (const { l, at } of places) {
      this.labels[l].textContent = `layer ${l + 1}`;
      this.labels[l].setAttribute("x", String(this.right + 6));
      this.labels[l].setAttribute("y", String(at + 4));
    }
  }
}
