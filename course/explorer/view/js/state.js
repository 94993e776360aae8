// The state: which trait follows from which, without Python.
import { play } from "./play.js";
import { nearestRate } from "./runs.js";
import { Table } from "./table.js";
import { exact } from "./words.js";

export const MOST_PINS = 4;
const RESTED = 100; // milliseconds without a move, after which the exact rate is shown and sent to Python
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

const ACCEPTED = "change:index change:exact change:step change:pins change:log change:panel change:band change:predict";

/** @typedef {any} Model a widget's, or that of a page */
/** @typedef {import("./pins.js").Pin} Pin */

/** @type {Map<string, Table>} by key of the model */
const tables = new Map();

/** Return the runs of a model; all its views share them. @param {Model} model @returns {Table} */
export function tableOf(model) {
  const key = model.get("key");
  const table = tables.get(key) ?? new Table(model, SOURCE, ENGINE);
  tables.set(key, table);
  return table;
}

/** The index of a pinned run of the problem shown, or -1. @param {Table} table @param {Pin} pin */
export const pinIndex = (table, pin) => (table.has(pin) ? nearestRate(table.rates, pin.rate) : -1);

/** @param {Model} model @param {Table} table @returns {number} */
const pinnedAt = (model, table) =>
  model.get("pins").findIndex((/** @type {Pin} */ pin) => pinIndex(table, pin) === model.get("index"));

/**
 * Send moves to Python when the slider rests, or when the user does something else. Sent one by one, each would
 * be two messages out and six back, and handling those takes the browser as long as a frame.
 * @param {Model} model @param {AbortSignal} signal @returns {Promise<() => void>} sends the chart's moves
 */
async function delaySaving(model, signal) {
  /** @type {Map<() => void, number>} */
  const waiting = new Map();
  const send = (/** @type {() => void} */ save) => {
    clearTimeout(waiting.get(save));
    waiting.delete(save);
    save();
  };
  const models = await Promise.all(
    model.get("moved").map((/** @type {string} */ id) => model.widget_manager.get_model(id)),
  );
  for (const widget of models) {
    const save = widget.save_changes.bind(widget);
    widget.save_changes = () => {
      clearTimeout(waiting.get(save));
      waiting.set(save, window.setTimeout(send, RESTED, save));
    };
  }
  const interrupt = (/** @type {Event} */ event) => {
    if (!MOVES.has(/** @type {KeyboardEvent} */ (event).key)) [...waiting.keys()].forEach(send);
  };
  for (const kind of ["pointerdown", "keydown", "focusout"]) {
    document.addEventListener(kind, interrupt, { capture: true, signal });
  }
  return () => models[0].save_changes();
}

/** @param {{ model: Model }} context @returns {() => void} closes what was begun */
export function initialize({ model }) {
  const table = tableOf(model);
  const closing = new AbortController();
  let resting = 0;
  /** @type {Promise<void> | null} */
  let delaying = null;
  let saveMove = () => model.save_changes();
  // Not before the first move: by then all controls are there.
  const moves = () => {
    if (model.get("moved").length)
      delaying ??= delaySaving(model, closing.signal).then((save) => {
        saveMove = save;
      });
    saveMove();
  };
  // The number beside the slider follows when the slider rests: each change of it is a message to Python.
  const showRate = () => {
    const rate = table.rates[model.get("index")];
    if (rate === undefined || rate === model.get("rate")) return;
    model.set("rate", rate);
    model.save_changes();
  };
  const typed = () => {
    const rate = model.get("rate");
    const { rates } = table;
    if (rate === rates[model.get("index")]) return;
    if (!(rate >= rates[0] / 2 && rate <= rates[rates.length - 1] * 2)) {
      table.say(
        `η = ${rate}: the learning rates here go from ${exact(rates[0])} to ${exact(rates[rates.length - 1])}.`,
      );
      return showRate();
    }
    const index = nearestRate(rates, rate);
    if (rates[index] !== rate) model.set("exact", { ...model.get("exact"), [index]: rate });
    model.set("index", index);
    model.save_changes();
  };
  const follow = () => {
    clearTimeout(resting);
    resting = window.setTimeout(showRate, RESTED);
    const jump = table.jumps.indexOf(model.get("index"));
    model.set("jump", jump < 0 ? null : jump);
    model.set("pinned", pinnedAt(model, table) >= 0);
    moves();
  };
  const known = () => {
    const jump = table.jumps.indexOf(model.get("index"));
    if (model.get("jump") !== (jump < 0 ? null : jump)) follow();
  };
  const jump = () => {
    const index = table.jumps[model.get("jump")];
    if (!Number.isInteger(index) || index === model.get("index")) return;
    model.set("index", index);
    model.save_changes();
  };
  const pin = () => {
    const place = pinnedAt(model, table);
    if (model.get("pinned") === place >= 0) return;
    const pins = model.get("pins").filter((/** @type {Pin} */ _, /** @type {number} */ k) => k !== place);
    if (place < 0 && pins.length < MOST_PINS) pins.push({ rate: table.rates[model.get("index")], ...table.settings() });
    else if (place < 0) table.say(`${MOST_PINS} runs are pinned; unpin one to pin another.`);
    model.set("pins", pins);
    model.set("pinned", pinnedAt(model, table) >= 0);
    model.save_changes();
  };
  // Do what a button asks for, and release it. Releasing has to wait: while a link passes the press on to the
  // chart, it passes nothing back.
  const button = (/** @type {string} */ asked, /** @type {() => void} */ act) => {
    const done = () => {
      act();
      model.set(asked, false);
      model.save_changes();
    };
    model.on(`change:${asked}`, () => model.get(asked) && queueMicrotask(done));
  };
  const count = (/** @type {string} */ name) => () => model.set(name, model.get(name) + 1);
  button("clear", () => model.set("pins", []));
  button("saving", count("saves"));
  button("resetting", count("resets"));
  model.on("change:index change:pins", follow);
  model.on(ACCEPTED, () => table.unsay());
  table.listeners.add(known);
  model.on("change:rate", () => queueMicrotask(typed)); // a link that passes a value on passes none back
  model.on("change:jump", jump);
  model.on("change:pinned", pin);
  for (const name of Object.keys(model.get("choices"))) choose(model, name);
  play(model, moves);
  showRate();
  return () => {
    closing.abort();
    table.close();
    tables.delete(model.get("key"));
  };
}

/** A menu knows its choice by its place alone. @param {Model} model @param {string} name */
function choose(model, name) {
  const values = model.get("choices")[name];
  const choice = `${name}_choice`;
  model.on(`change:${choice}`, () => {
    const value = values[model.get(choice)];
    if (value === undefined || value === model.get(name)) return;
    model.set(name, value);
    model.save_changes();
  });
  model.on(`change:${name}`, () => {
    const place = values.indexOf(model.get(name));
    if (place === (model.get(choice) ?? -1)) return;
    model.set(choice, place < 0 ? null : place);
    model.save_changes();
  });
}
