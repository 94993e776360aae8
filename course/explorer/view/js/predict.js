// Predict, then see: the run stays hidden until its regime has been predicted. Answers stay in the page.
import { html } from "./dom.js";
import { REGIMES } from "./runs.js";
import { RULES } from "./words.js";

const ORDER = ["slow", "steady", "oscillating", "stuck", "diverged"];

export class Prediction {
  constructor(parent, changed) {
    this.changed = changed;
    /** by problem and rate, what was predicted */
    this.answers = new Map();
    this.box = html("div", { class: "prediction", role: "group" }, parent);
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

  // Return whether the run at a key is still to be predicted.
  hides(key) {
    return this.on && !this.answers.has(key);
  }

  update(on, key, view) {
    this.key = key;
    this.box.hidden = !on;
    if (!on) return;
    const hidden = this.hides(key);
    this.question.textContent = `Predict first: with ${view.rateText}, the run will be …`;
    this.box.classList.toggle("asks", hidden);
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", this.answers.get(key) === button.textContent));
    const name = REGIMES[view.code];
    const right = this.answers.get(key) === name;
    this.answer.textContent = hidden ? "" : `You predicted ${this.answers.get(key)}; it is ${name}${right ? "." : `: ${RULES[name]}.`}`;
  }
}
