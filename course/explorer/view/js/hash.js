// The state of a page in its address, after the #.
import { nearestRate } from "./runs.js";
import { MOST_PINS, tableOf } from "./state.js";
import { SETTINGS } from "./table.js";

/** @typedef {import("./page_model.js").PageModel} PageModel */

const WRITTEN = 250; // milliseconds without a change, after which the hash is written
const VIEW = ["step", "log", "band", "predict"]; // as numbers

/** @type {Record<string, (value: any) => boolean>} */
const CHOICES = {
  network: (text) => ["seed 1", "seed 2"].includes(text),
  data: (text) => ["xor", "moons"].includes(text),
  hidden: (value) => Number.isInteger(value) && value >= 1 && value <= 6,
  scale: (value) => value > 0 && value <= 100,
  seed: (value) => Number.isInteger(value) && SOURCE.draws[value] !== undefined,
  momentum: (value) => value >= 0 && value < 1,
  batch: (value) => Number.isInteger(value) && value >= 0,
};

/** Return the number that a text is, NaN of none. @param {string} text */
const numberOf = (text) => (text.trim() === "" ? NaN : Number(text));

/** Return the value that a text gives a setting, undefined where it is no choice. @param {string} name @param {string} text */
export function settingOf(name, text) {
  const value = name === "network" || name === "data" ? text : numberOf(text);
  return CHOICES[name](value) ? value : undefined;
}

/** @param {PageModel} model */
function hashOf(model) {
  const table = tableOf(model);
  const parts = new URLSearchParams();
  for (const name of SETTINGS) parts.set(name, model.get(name));
  parts.set("rate", String(table.rates[model.get("index")]));
  for (const name of VIEW) parts.set(name, String(Number(model.get(name))));
  parts.set("panel", model.get("panel"));
  const pins = model
    .get("pins")
    .map((/** @type {any} */ pin) => [pin.rate, ...SETTINGS.map((name) => pin[name])].join(","));
  parts.set("pins", pins.join(";"));
  return parts.toString();
}

/** @param {string} text */
function pinsOf(text) {
  return text.split(";").filter(Boolean).map((part) => {
    const [rate, ...values] = part.split(",");
    const settings = Object.fromEntries(SETTINGS.map((name, k) => [name, settingOf(name, values[k] ?? "")]));
    return Number(rate) > 0 && Number.isFinite(Number(rate)) && Object.values(settings).every((value) => value !== undefined) ? { rate: Number(rate), ...settings } : null;
  }); // prettier-ignore
}

/** Set the model to what a hash says; return the names of what it cannot mean. @param {PageModel} model @param {string} text */
function readHash(model, text) {
  const parts = new URLSearchParams(text);
  const wrong = [];
  for (const [name, part] of parts) {
    if (Object.hasOwn(CHOICES, name)) {
      const value = settingOf(name, part);
      if (value === undefined) wrong.push(name);
      else model.set(name, value);
    } else if (VIEW.includes(name)) {
      const value = numberOf(part);
      if (name === "step" && Number.isInteger(value) && value >= 0 && value <= model.get("steps"))
        model.set(name, value);
      else if (name !== "step" && (value === 0 || value === 1)) model.set(name, value === 1);
      else wrong.push(name);
    } else if (name === "panel" && model.get("choices").panel.includes(part)) {
      model.set(name, part);
    } else if (name === "pins") {
      const pins = pinsOf(part);
      if (pins.includes(null)) wrong.push(name);
      const right = pins.filter((pin) => pin !== null);
      if (right.length > MOST_PINS) wrong.push(`pins after the first ${MOST_PINS}`);
      model.set("pins", right.slice(0, MOST_PINS));
    } else if (name !== "rate") wrong.push(name);
  }
  return wrong;
}

/** @param {PageModel} model @param {string} text */
function readRate(model, text) {
  const { rates } = tableOf(model);
  const given = new URLSearchParams(text).getAll("rate").map(numberOf);
  const right = given.filter((rate) => rate >= rates[0] / 2 && rate <= rates[rates.length - 1] * 2);
  for (const rate of right.slice(-1)) {
    const index = nearestRate(rates, rate);
    if (rates[index] !== rate) model.set("exact", { ...model.get("exact"), [index]: rate });
    model.set("index", index);
  }
  return right.length < given.length ? ["rate"] : [];
}

/** Keep the hash and the model the same. @param {PageModel} model */
export function keepHash(model) {
  let waiting = 0;
  const names = [...SETTINGS, ...VIEW, "panel", "pins", "exact", "index"];
  const opening = names.map((name) => model.get(name)); // the view of the page's address without a hash
  let own = `#${hashOf(model)}`;
  // moves along a slider are no pages to go back to
  const place = (/** @type {string} */ hash) => hash.replace(/&(rate|step)=[^&]*/g, "");
  const write = () => {
    const last = own;
    own = `#${hashOf(model)}`;
    if (own !== last) enter(own, place(last) !== place(own));
  };
  const enter = (/** @type {string} */ hash, /** @type {boolean} */ anew) => {
    try {
      if (anew) history.pushState(null, "", hash);
      else history.replaceState(null, "", hash);
    } catch {
      // a page inside a notebook has no address of its own
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(write, WRITTEN);
  };
  const read = async () => {
    if (location.hash === own) return;
    if (location.hash.length < 2) {
      names.forEach((name, k) => model.set(name, opening[k]));
      await Promise.resolve(); // the rates are those of its problem from now on
      own = `#${hashOf(model)}`;
      return;
    }
    const text = location.hash.slice(1);
    const wrong = readHash(model, text);
    await Promise.resolve(); // the runs of the new problem begin meanwhile
    wrong.push(...readRate(model, text));
    // the whole view takes the place of what was given of it: it is in the history already
    own = `#${hashOf(model)}`;
    if (own !== location.hash) enter(own, false);
    if (wrong.length)
      tableOf(model).say(
        `Of this address, these parts say nothing here: ${[...new Set(wrong)].join(", ").slice(0, 120)}.`,
      );
  };
  model.on(names.map((name) => `change:${name}`).join(" "), soon);
  window.addEventListener("hashchange", read);
  return read();
}
