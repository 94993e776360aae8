// Predict, then see: the run stays hidden until its regime or its curve has been predicted. Answers stay in the page.
import { html } from "./dom.js";
import { REGIMES } from "./runs.js";
import { RULES, short } from "./words.js";

const ENOUGH = 0.5; // of the steps have to be drawn
/** @type {(keyof typeof RULES)[]} */
const ORDER = ["slow", "steady", "oscillating", "stuck", "diverged"];

/** @typedef {{ rateText: string, code: number, losses: ArrayLike<number>, steps: number }} View */

export class Prediction {
  /** @param {Element} parent @param {() => void} changed */
  constructor(parent, changed) {
    this.changed = changed;
    this.on = false;
    this.key = "";
    /** @type {[number, number] | null} the step and the loss where the line that is being drawn has come to */
    this.last = null;
    /** @type {Map<string, string>} by problem and rate, what was predicted: the name of a regime, "" where a curve was drawn */
    this.answers = new Map();
    /** @type {Map<string, Float64Array>} and the losses that were drawn, NaN where there is none */
    this.drawings = new Map();
    this.box = html("div", { class: "prediction", role: "group", "aria-label": "prediction", tabindex: -1 }, parent);
    this.question = html("p", {}, this.box);
    this.buttons = ORDER.map((name) => {
      const button = html("button", { type: "button", title: RULES[name] }, this.box);
      button.textContent = name;
      button.addEventListener("click", () => {
        this.answers.set(this.key, name);
        this.changed();
      });
      return button;
    });
    this.answer = html("p", { role: "status" }, this.box);
  }

  /** Return whether the run at a key is still to be predicted. @param {string} key */
  hides(key) {
    return this.on && !this.answers.has(key);
  }

  /**
   * Draw the loss at a step, and all losses since the last point in between.
   * @param {string} key @param {number} steps of the whole run @param {number} step @param {number} loss
   */
  draw(key, steps, step, loss) {
    const drawing = this.drawings.get(key) ?? new Float64Array(steps + 1).fill(NaN);
    const [from, before] = this.last ?? [step, loss];
    for (let t = Math.min(from, step); t <= Math.max(from, step); t++)
      drawing[t] = from === step ? loss : before * (loss / before) ** ((t - from) / (step - from));
    this.drawings.set(key, drawing);
    this.last = [step, loss];
    this.changed();
  }

  /** End a line; a curve that is long enough is a prediction. @param {string} key */
  lift(key) {
    this.last = null;
    const drawing = this.drawings.get(key);
    if (!this.hides(key) || !drawing) return;
    if (drawing.filter(Number.isFinite).length < ENOUGH * drawing.length) return;
    this.answers.set(key, "");
    this.changed();
  }

  /** @param {boolean} on @param {string} key @param {View} view */
  update(on, key, view) {
    this.key = key;
    this.box.hidden = !on;
    if (!on) return;
    const hidden = this.hides(key);
    this.question.textContent = `Predict first: with ${view.rateText}, draw the curve, or say that the run will be …`;
    this.box.classList.toggle("asks", hidden);
    this.buttons.forEach((button) =>
      button.setAttribute("aria-pressed", String(this.answers.get(key) === button.textContent)),
    );
    const name = /** @type {keyof typeof RULES} */ (REGIMES[view.code]);
    this.answer.textContent = hidden ? "" : `${this.predicted(key, name, view)} ${name}: ${RULES[name]}.`;
  }

  /** @param {string} key @param {string} name @param {View} view */
  predicted(key, name, view) {
    const answer = this.answers.get(key);
    if (answer) return answer === name ? "You predicted it: the run is" : `You predicted ${answer}; the run is`;
    const drawn = this.drawings.get(key)?.findLast(Number.isFinite) ?? NaN;
    return `Your curve ends at ${short(drawn)}, the run at ${short(view.losses[view.steps])}; it is`;
  }
}
