// Final loss against learning rate: a mark for each run, shades for the regimes, pins, and the cursor.
import { clamp, element } from "./dom.js";
import { Panel } from "./panel.js";
import { REGIMES, stretches } from "./runs.js";
import { RULES, exact } from "./words.js";

/**
 * @typedef {{ regimes: Record<string, [string, string]>, pins: number[][] }} Palette colour and mark of each regime
 * @typedef {import("./panel.js").LossView & { rates: number[], codes: ArrayLike<number>, ends: number[],
 *   index: number }} View
 */

/** @type {Record<string, string>} */
export const MARKS = {
  o: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  s: "M-2.6-2.6h5.2v5.2h-5.2Z",
  D: "M0-3.8L3.8 0L0 3.8L-3.8 0Z",
  X: "M-3-3L3 3M-3 3L3-3",
  v: "M-3.6-2.8h7.2L0 3.6Z",
};

export class RatesPanel extends Panel {
  /** @param {Element} parent @param {Palette} palette */
  constructor(parent, palette) {
    super(parent, "rates");
    this.palette = palette;
    this.cursor = element("line", { class: "cursor" }, this.marks);
    this.dot = element("circle", { class: "dot", r: 5 }, this.marks);
    this.pins = palette.pins.map((_, k) =>
      element("path", { class: `pin-mark pin-${k}`, d: "M0 0L-7-13H7Z" }, this.marks),
    );
    this.numbers = palette.pins.map((_, k) => {
      const text = element("text", { class: "pin-number", "text-anchor": "middle" }, this.marks);
      text.textContent = String(k + 1);
      return text;
    });
  }

  /** @param {number} width @param {View} view */
  frame(width, view) {
    const [low, high] = view.limits;
    const { rates, codes, ends } = view;
    const x = { low: rates[0], high: rates[rates.length - 1], log: true };
    this.drawFrame(
      width,
      x,
      { low: view.log ? low : 0, high, log: view.log },
      "learning rate η",
      `final loss ${view.name}`,
    );
    const edge = (/** @type {number} */ k) => this.x.at(Math.sqrt(rates[k - 1] * rates[k]));
    for (const [code, from, to] of stretches(codes)) {
      if (code < 0) continue;
      const left = from === 0 ? this.left : edge(from);
      this.drawStretch(REGIMES[code], left, to === rates.length ? this.right : edge(to));
      for (let k = from; k < to; k++) this.drawMark(REGIMES[code], rates[k], ends[k]);
    }
  }

  /** @param {string} name of a regime @param {number} left @param {number} right pixels */
  drawStretch(name, left, right) {
    const [color] = this.palette.regimes[name];
    const box = { x: left, y: this.top, width: right - left, height: this.bottom - this.top };
    const shade = element("rect", { class: "regime", style: `--c: ${color}`, "data-regime": name, ...box }, this.back);
    element("title", {}, shade).textContent = `${name}: ${RULES[/** @type {keyof typeof RULES} */ (name)]}`;
    if (right - left < 13) return; // its marks and the legend name it
    const wide = right - left > name.length * 7 + 6;
    const place = wide
      ? `translate(${(left + right) / 2} ${this.bottom - 6})`
      : `translate(${(left + right) / 2 + 4} ${this.bottom - 5}) rotate(-90)`;
    element(
      "text",
      { class: "regime-name", transform: place, "text-anchor": wide ? "middle" : "start" },
      this.front,
    ).textContent = name;
  }

  /** @param {string} name of a regime @param {number} rate @param {number} last */
  drawMark(name, rate, last) {
    const [color, mark] = this.palette.regimes[name];
    const place = `translate(${this.x.at(rate).toFixed(2)} ${this.height_of(last).toFixed(2)})`;
    element(
      "path",
      { class: `mark mark-${mark}`, style: `--c: ${color}`, d: MARKS[mark], transform: place },
      this.points,
    );
  }

  /** @param {number} loss */
  height_of(loss) {
    return Number.isFinite(loss) ? clamp(this.y.at(loss), this.top, this.bottom) : this.top;
  }

  /** @param {View} view */
  update(view) {
    const at = this.x.at(view.rates[view.index]);
    this.vertical(this.cursor, at);
    this.dot.style.display = view.hidden ? "none" : "";
    this.dot.setAttribute("cx", String(at));
    this.dot.setAttribute("cy", String(this.height_of(view.losses[view.steps])));
    this.pins.forEach((mark, k) => {
      const pin = view.pins[k];
      const inside = pin && pin.rate >= view.rates[0] && pin.rate <= view.rates[view.rates.length - 1];
      for (const node of [mark, this.numbers[k]]) node.style.display = inside ? "" : "none";
      if (!inside) return;
      mark.classList.toggle("frozen", pin.index < 0);
      mark.style.setProperty("--c", pin.color);
      mark.setAttribute("transform", `translate(${this.x.at(pin.rate)} ${this.top})`);
      this.numbers[k].setAttribute("x", String(this.x.at(pin.rate) + 11));
      this.numbers[k].setAttribute("y", String(this.top - 3));
    });
  }

  /** @param {View} view */
  text({ rates, codes, index }) {
    const parts = stretches(codes)
      .filter(([code]) => code >= 0)
      .map(([code, from, to]) => `${REGIMES[code]} from ${exact(rates[from])} to ${exact(rates[to - 1])}`);
    const seen = parts.join("; ") || "No run is to be seen yet";
    return `Final loss against learning rate. ${seen}. The cursor is at η = ${exact(rates[index])}.`;
  }
}
