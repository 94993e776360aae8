// The runs of the problem that a model is set to, as far as they are computed.
import { AskedDetails } from "./asked_details.js";
import { BAND_SEEDS } from "./details.js";
import { Network } from "./network.js";
import { descend, end, landmarks, learningRates, limits, nearestRate, regime } from "./runs.js";
import { sweeper } from "./sweep.js";
import { headline } from "./words.js";

/** @typedef {import("./network.js").Settings} Settings */

export const SETTINGS = ["network", "data", "hidden", "scale", "seed", "momentum", "batch"];
const OF_TABLE = [...SETTINGS, "steps", "draws"].map((name) => `change:${name}`).join(" ");

export class Table {
  /** @type {Network} */
  network;
  /** @type {Settings} whose runs these are */
  shown;
  /** @type {number[]} */
  rates;
  /** @type {number[]} before some are replaced by exact ones */
  grid;
  /** @type {(Float64Array | null)[]} */
  losses;
  /** @type {number[]} */
  codes;
  /** @type {number[]} */
  ends;
  /** @type {[number, number]} */
  limits;

  /** @param {any} model @param {import("./network.js").Source} source @param {string} code */
  constructor(model, source, code) {
    this.model = model;
    this.source = { ...source, draws: { ...source.draws } };
    this.id = 0;
    /** @type {(number | null)[]} */
    this.jumps = [];
    this.known = 0;
    this.steps = 0;
    this.details = new AskedDetails((question) => this.sweeper.ask(question));
    this.note = "";
    this.warning = ""; // stays, whatever is computed
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** @type {Map<string, Float64Array>} */
    this.pinned = new Map();
    this.sweeper = sweeper(
      source,
      code,
      (part) => this.receive(part),
      (text) => this.warn(text),
    );
    let waiting = false;
    this.again = () => {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        this.begin();
      });
    };
    model.on(OF_TABLE, this.again);
    this.near = () => this.sweeper.near(model.get("index"));
    model.on("change:index", this.near);
    this.typed = () => this.takeExact();
    model.on("change:exact", this.typed);
    this.begin();
  }

  /** @returns {Settings} */
  settings() {
    return /** @type {any} */ (Object.fromEntries(SETTINGS.map((name) => [name, this.model.get(name)])));
  }

  /** Forget all runs, compute the one shown, and let the others follow. */
  begin() {
    const settings = this.settings();
    if (this.model.get("draws")) this.source.draws[settings.seed] = this.model.get("draws");
    try {
      this.network = new Network(settings, this.source);
    } catch (error) {
      return this.say(`${/** @type {Error} */ (error).message}.`);
    }
    this.note = "";
    this.shown = settings;
    this.steps = this.model.get("steps");
    this.rates = learningRates(this.network);
    this.grid = this.rates.slice();
    const count = this.rates.length;
    this.losses = Array(count).fill(null);
    this.codes = Array(count).fill(-1);
    this.ends = Array(count).fill(NaN);
    this.details.clear();
    this.known = 0;
    this.jumps = [null, null, null, null, null];
    this.id += 1;
    this.takeExact();
    this.row(this.model.get("index"));
    const seeds = [settings.seed, ...Array(BAND_SEEDS).keys()];
    const draws = Object.fromEntries(seeds.map((seed) => [seed, this.source.draws[seed]]));
    this.sweeper.take({
      id: this.id,
      settings,
      draws,
      rates: this.rates,
      steps: this.steps,
      near: this.model.get("index"),
    });
    this.changed();
  }

  /** Put exact rates, by the index of the nearest one, in the places of those. */
  takeExact() {
    const begun = this.known > 0;
    this.grid.forEach((rate, k) => {
      const typed = this.model.get("exact")[k];
      const wanted = typed !== undefined && nearestRate(this.grid, typed) === k ? typed : rate;
      if (this.rates[k] === wanted) return;
      this.rates[k] = wanted;
      this.details.forget(k);
      if (this.losses[k]) {
        this.losses[k] = null;
        this.known -= 1;
      }
      if (begun) this.row(k); // now: the worker's run is that of the rate before
    });
    if (this.known) this.changed();
  }

  /** Return the losses of a run, computed now where they are not known. @param {number} k */
  row(k) {
    if (!this.losses[k]) {
      const losses = descend(this.network, this.rates[k], this.steps);
      this.put([k], [losses], [regime(losses)], [end(losses)]);
    }
    return /** @type {Float64Array} */ (this.losses[k]);
  }

  /** @param {number[]} rows @param {Float64Array[]} losses @param {number[]} codes @param {number[]} ends */
  put(rows, losses, codes, ends) {
    rows.forEach((k, i) => {
      if (this.losses[k]) return; // perhaps of a rate that was typed meanwhile
      this.known += 1;
      this.losses[k] = losses[i];
      this.codes[k] = codes[i];
      this.ends[k] = ends[i];
    });
    this.limits = limits(this.losses.filter((run) => run !== null));
    if (this.complete) this.jumps = landmarks(this.ends, this.codes);
  }

  get complete() {
    return this.known === this.rates.length;
  }

  /** @param {import("./sweep.js").Part} part */
  receive(part) {
    if (part.id !== this.id) return;
    if (part.rows.length) this.put(part.rows, part.losses, part.codes, part.ends);
    if (part.detail && part.detail.rate === this.rates[part.detail.row]) this.details.put(part.detail);
    this.changed();
  }

  /** Return what a kind of `DETAILS` is of a run, or null and ask for it. @param {string} kind @param {number} k */
  detail(kind, k) {
    return this.details.get(kind, k, this.rates[k]);
  }

  /** @param {number} k */
  headline(k) {
    return headline(this.rates[k], this.row(k), this.codes[k]);
  }

  /** Whether a pinned run is one of this problem. @param {any} pin */
  has(pin) {
    const shown = /** @type {any} */ (this.shown);
    return SETTINGS.every((name) => pin[name] === shown[name]);
  }

  /** Return the losses of a pinned run, of whatever problem. @param {any} pin */
  pinLosses(pin) {
    const k = this.has(pin) ? nearestRate(this.rates, pin.rate) : -1;
    if (k >= 0 && this.rates[k] === pin.rate) return this.row(k);
    const key = JSON.stringify([pin, this.steps]);
    let losses = this.pinned.get(key);
    if (!losses) {
      try {
        losses = descend(new Network(pin, this.source), pin.rate, this.steps);
      } catch {
        losses = new Float64Array();
      }
      this.pinned.set(key, losses);
    }
    return losses;
  }

  /** @param {string} text */
  say(text) {
    this.note = text;
    this.changed();
  }

  /** Take back what was said of a change that was refused, now that one is accepted. */
  unsay() {
    // that the problem asked for is none stays true until another is asked for
    if (this.note && this.has(this.settings())) this.say("");
  }

  /** @param {string} text */
  warn(text) {
    this.warning = text;
    this.changed();
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  close() {
    this.model.off(OF_TABLE, this.again);
    this.model.off("change:index", this.near);
    this.model.off("change:exact", this.typed);
    this.sweeper.stop();
    this.listeners.clear();
  }
}
