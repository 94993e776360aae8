// Draws a prediction by keys: up and down move a pen, left and right draw with it, Enter ends the curve.
import { clamp, html } from "./dom.js";
import { short } from "./words.js";

const STRIDES = 30; // over the whole run
const RISE = 6; // pixels
const HOW = "draw by keys: ← → along, ↑ ↓ height, then Enter";
const MORE = "draw at least half of the steps, then Enter";

export class Pen {
  /**
   * @param {import("./predict.js").Prediction} prediction @param {import("./run_panel.js").RunPanel} panel
   * @param {() => void} changed
   */
  constructor(prediction, panel, changed) {
    this.prediction = prediction;
    this.panel = panel;
    this.changed = changed;
    /** @type {[number, number] | null} the step and the loss where it is, once it has been taken */
    this.at = null;
    /** @type {[number, number] | null} where it has drawn last */
    this.drawn = null;
    this.key = "";
    this.steps = 0;
    this.first = NaN;
    this.handle = html(
      "span",
      { class: "pen", role: "slider", tabindex: 0, "aria-label": HOW, "aria-valuemin": 0 },
      prediction.box,
    );
    this.handle.addEventListener("focus", () => {
      this.at ??= [0, this.first];
      this.changed();
    });
    this.handle.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (this.pressed(event.key)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  /** Do what a key says; return whether it says something. @param {string} key */
  pressed(key) {
    if (!this.at) return false;
    const [step, loss] = this.at;
    const stride = Math.max(1, Math.round(this.steps / STRIDES));
    if (key === "ArrowRight" || key === "ArrowLeft") this.draw(step + (key === "ArrowRight" ? stride : -stride), loss);
    else if (key === "ArrowUp" || key === "ArrowDown")
      this.at = [step, this.raised(loss, key === "ArrowUp" ? RISE : -RISE)];
    else if (key === "Enter") this.end();
    else return false;
    this.changed();
    return true;
  }

  /** @param {number} loss @param {number} pixels */
  raised(loss, pixels) {
    const { y, top, bottom } = this.panel;
    return y.back(clamp(y.at(loss) - pixels, top, bottom));
  }

  /** @param {number} to @param {number} loss */
  draw(to, loss) {
    const step = clamp(to, 0, this.steps);
    this.prediction.last = this.drawn ?? this.at;
    this.prediction.draw(this.key, this.steps, step, loss);
    this.at = this.drawn = [step, loss];
  }

  /** Make the curve the prediction, if it is long enough. */
  end() {
    this.prediction.lift(this.key);
    if (this.prediction.hides(this.key)) this.handle.textContent = MORE;
    else this.prediction.box.focus();
  }

  /** @param {{ key: string, steps: number, losses: ArrayLike<number>, hidden: boolean }} view */
  update({ key, steps, losses, hidden }) {
    this.first = losses[0]; // the same at all rates
    this.steps = steps;
    if (this.key !== key) {
      this.key = key;
      this.at = this.drawn = document.activeElement === this.handle ? [0, this.first] : null;
      this.handle.textContent = HOW;
    }
    this.handle.hidden = !hidden;
    const [step, loss] = this.at ?? [0, this.first];
    this.handle.setAttribute("aria-valuemax", String(steps));
    this.handle.setAttribute("aria-valuenow", String(step));
    const more = this.handle.textContent === MORE ? `; ${MORE}` : "";
    this.handle.setAttribute("aria-valuetext", `step ${step}, loss ${short(loss)}${more}`);
    this.panel.drawPen(hidden ? this.at : null);
  }
}
