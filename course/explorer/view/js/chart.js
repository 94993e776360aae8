// The chart of the loss explorer. It draws what the model says, at most once per frame.
import { nameControls, namePinning } from "./control_names.js";
import { CurvaturePanel } from "./curvature_panel.js";
import { DeltasPanel } from "./deltas_panel.js";
import { clamp, floats, html } from "./dom.js";
import { drawLegend } from "./legend.js";
import { listen } from "./listen.js";
import { OutputPanel } from "./output_panel.js";
import { PathPanel } from "./path_panel.js";
import { Pen } from "./pen.js";
import { PinList } from "./pins.js";
import { Prediction } from "./predict.js";
import { RatesPanel } from "./rates_panel.js";
import { RunPanel } from "./run_panel.js";
import { REGIMES, regime } from "./runs.js";
import { pinIndex, tableOf } from "./state.js";
import { describe, exact, pinText, short, whatWill } from "./words.js";

const SETTLED = 300; // milliseconds without a move, after which the headline is read out
const SMALL = 270; // pixels of a panel beside the run's
const WIDE = 660; // and of the chart, from which on there is room for it
/** @typedef {import("./run_panel.js").View & import("./rates_panel.js").View & { key: string, headline: string, code: number }} View */

export class Chart {
  /** @param {import("./state.js").Model} model @param {Element} el */
  constructor(model, el) {
    this.model = model;
    this.table = tableOf(model);
    /** @type {import("./rates_panel.js").Palette} */
    this.palette = model.get("palette");
    this.dashes = this.palette.pins;
    this.root = html("div", { class: "loss-chart" }, el);
    this.headline = html(
      "p",
      { class: "headline", role: "status", "aria-live": "polite", "aria-atomic": "true" },
      this.root,
    );
    this.prediction = new Prediction(this.root, () => this.again());
    const panels = html("div", { class: "panels" }, this.root);
    this.run = new RunPanel(panels, this.dashes);
    this.pen = new Pen(this.prediction, this.run, () => this.schedule());
    const beside = { output: new OutputPanel(panels), path: new PathPanel(panels) };
    this.rates = new RatesPanel(panels, this.palette);
    this.details = { ...beside, curvature: new CurvaturePanel(panels), deltas: new DeltasPanel(panels) };
    drawLegend(this.root, this.palette);
    this.pins = new PinList(this.root, model, this.table, this.dashes);
    const foot = html("p", { class: "foot" }, this.root);
    this.bar = html("progress", { max: 1, "aria-label": "runs computed" }, foot);
    this.status = html("span", { class: "status", role: "status" }, foot);
    this.title = html("p", { class: "title" }, this.root);
    this.width = 0;
    this.framed = false;
    this.waiting = 0;
    this.quiet = 0;
    this.key = "";
    this.close = listen(this, panels);
  }

  /** Return all that is drawn, as plain data. @returns {View} */
  view() {
    const { model, table } = this;
    const index = clamp(model.get("index"), 0, table.rates.length - 1);
    const color = (/** @type {number} */ code) => this.palette.regimes[REGIMES[code]][0];
    const losses = table.row(index);
    const known = model.get("own_known");
    const own =
      known.byteLength && known.getUint8(index)
        ? floats(model.get("own_losses")).subarray(index * losses.length, (index + 1) * losses.length)
        : [];
    const key = JSON.stringify([table.settings(), table.rates[index]]);
    this.key = key;
    this.prediction.on = model.get("predict");
    const hidden = this.prediction.hides(key);
    const ownText = own.length ? model.get("own_texts")[index] : "";
    return {
      index, losses, own, key, hidden,
      steps: table.steps,
      step: clamp(model.get("step"), 0, table.steps),
      code: table.codes[index],
      color: color(table.codes[index]),
      rates: table.rates,
      rateText: `η = ${exact(table.rates[index])}`,
      codes: this.prediction.on ? table.codes.map((code, k) => (this.prediction.answers.has(JSON.stringify([table.settings(), table.rates[k]])) ? code : -1)) : table.codes,
      ends: table.losses.map((run) => run?.[table.steps] ?? NaN),
      drawing: this.prediction.on ? this.prediction.drawings.get(key) ?? null : null,
      band: model.get("band") ? table.detail("band", index) : null,
      part: model.get("parts")[index],
      log: model.get("log"),
      limits: table.limits,
      name: table.network.deep ? "L" : "C",
      headline: table.headline(index) + (ownText ? `; ${ownText}` : ""),
      pins: model.get("pins").map((/** @type {any} */ pin) => this.pinView(pin, color, hidden ? index : -1)),
    }; // prettier-ignore
  }

  /**
   * @param {import("./pins.js").Pin} pin @param {(code: number) => string} color
   * @param {number} hidden index of the run that is still to be predicted, which no pin gives away; −1 if none is
   */
  pinView(pin, color, hidden) {
    const { table } = this;
    const index = pinIndex(table, pin);
    const text = pinText(pin, table.shown);
    if (index >= 0 && index === hidden)
      return { rate: pin.rate, index, losses: [], text, headline: whatWill(text), color: "currentColor" };
    const losses = table.pinLosses(pin);
    const headline = index < 0 ? text : table.headline(index);
    return { rate: pin.rate, index, losses, text, headline, color: color(regime(losses)) };
  }

  draw() {
    this.waiting = 0;
    if (this.width < 50 || !this.table.limits) return;
    const view = this.view();
    const chosen = this.model.get("panel");
    const beside = this.width >= WIDE && (chosen === "output" || chosen === "path");
    if (!this.framed) {
      this.run.frame(this.width - (beside ? SMALL : 0), view);
      this.rates.frame(this.width, view);
      this.title.textContent = describe(this.table.shown);
      this.framed = true;
    }
    this.root.classList.toggle("has-own", view.own.length > 0);
    this.run.update(view);
    this.rates.update(view);
    this.drawDetail(chosen, beside ? SMALL : this.width, view);
    this.prediction.update(this.model.get("predict"), view.key, view);
    this.pen.update(view);
    this.pins.update(view.pins);
    this.tell(view);
    this.root.dataset.index = String(view.index);
    this.root.dataset.step = String(view.step);
  }

  /**
   * Draw the panel that is chosen; what it showed last stays, paler, until the worker has answered.
   * @param {string} chosen @param {number} width @param {View} view
   */
  drawDetail(chosen, width, view) {
    for (const [name, panel] of Object.entries(/** @type {Record<string, any>} */ (this.details))) {
      panel.svg.style.display = name === chosen ? "" : "none";
      if (name !== chosen) continue;
      const value = this.table.detail(name, view.index);
      panel.svg.classList.toggle("waiting", !value);
      if (value) panel.update(width, view, value, this.table);
    }
  }

  /** Say in words what is drawn. @param {View} view */
  tell(view) {
    const text = view.hidden ? whatWill(view.rateText) : view.headline;
    if (this.headline.textContent !== text) this.headline.textContent = text;
    const pinned = view.pins.length ? ` Pinned: ${view.pins.map((pin) => pin.text).join(", ")}.` : "";
    const loss = view.losses[view.step];
    const here = Number.isFinite(loss) && !view.hidden ? ` At step ${view.step} the loss is ${short(loss)}.` : "";
    this.run.svg.setAttribute("aria-label", `Loss against step. ${text}.${here}${pinned}`);
    this.rates.svg.setAttribute("aria-label", this.rates.text(view));
    nameControls(this.root, this.table, this.model.get("predict"), text);
    namePinning(this.root, view.hidden && !this.model.get("pinned"));
    // screen readers wait until the slider rests
    this.headline.setAttribute("aria-busy", "true");
    clearTimeout(this.quiet);
    this.quiet = window.setTimeout(() => this.headline.removeAttribute("aria-busy"), SETTLED);
  }

  showStatus() {
    const part = Math.min(this.table.known / this.table.rates.length, this.model.get("progress"));
    this.status.textContent = [this.table.note, this.table.warning, this.model.get("status")].filter(Boolean).join(" ");
    this.bar.value = part;
    this.bar.style.display = part < 1 ? "" : "none";
  }

  schedule() {
    this.waiting ||= requestAnimationFrame(() => this.draw());
  }

  again() {
    this.framed = false;
    this.showStatus();
    this.schedule();
  }

  /** @param {string} name @param {any} value */
  put(name, value) {
    if (this.model.get(name) === value) return;
    this.model.set(name, value);
    this.model.save_changes();
  }
}

/** @param {{ model: import("./state.js").Model, el: Element }} context @returns {() => void} closes the chart */
export function render({ model, el }) {
  const chart = new Chart(model, el);
  return () => chart.close();
}
