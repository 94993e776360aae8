// Pinned runs, as a list that the keyboard reaches.
import { clamp, element, html } from "./dom.js";
import { pinIndex } from "./state.js";

/**
 * @typedef {import("./network.js").Settings & { rate: number }} Pin
 * @typedef {{ text: string, headline: string, color: string, index: number }} PinView `index` is −1 in other problems
 */

export class PinList {
  /** @param {Element} parent @param {any} model @param {import("./table.js").Table} table @param {number[][]} dashes */
  constructor(parent, model, table, dashes) {
    this.model = model;
    this.table = table;
    this.dashes = dashes;
    this.list = html("ul", { class: "pins", "aria-label": "pinned runs" }, parent);
  }

  /** @param {Pin[]} pins */
  set(pins) {
    this.model.set("pins", pins);
    this.model.save_changes();
  }

  /** Move a pin of the problem shown to another rate. @param {number} k @param {number} index */
  move(k, index) {
    /** @type {Pin[]} */
    const pins = this.model.get("pins");
    const to = clamp(index, 0, this.table.rates.length - 1);
    const at = pins[k] ? pinIndex(this.table, pins[k]) : -1;
    if (at < 0 || at === to) return;
    if (pins.some((pin, other) => other !== k && pinIndex(this.table, pin) === to)) return;
    this.set(pins.map((pin, other) => (other === k ? { ...pin, rate: this.table.rates[to] } : pin)));
  }

  /** Show pins; items stay as long as their kinds do, so that they keep the focus. @param {PinView[]} pins */
  update(pins) {
    const shape = pins.map((pin) => (pin.index < 0 ? pin.text : "moves")).join("|");
    if (this.list.dataset.shape !== shape) {
      this.list.dataset.shape = shape;
      this.list.replaceChildren();
      pins.forEach((pin, k) => this.add(pin, k));
    }
    pins.forEach((pin, k) => this.name(this.list.children[k], pin, k));
  }

  /** @param {Element} item @param {PinView} pin @param {number} k */
  name(item, pin, k) {
    const handle = /** @type {HTMLElement} */ (item.querySelector(".pin-handle"));
    if (handle.textContent !== pin.text) handle.textContent = pin.text;
    item.querySelector("path")?.style.setProperty("--c", pin.color);
    item.querySelector("button")?.setAttribute("aria-label", `unpin ${pin.text}`);
    if (pin.index < 0) return;
    handle.setAttribute("aria-label", `pinned run ${k + 1}`);
    handle.setAttribute("aria-valuenow", String(pin.index));
    handle.setAttribute("aria-valuetext", pin.headline);
  }

  /** @param {PinView} pin @param {number} k */
  add(pin, k) {
    const item = html("li", { class: `pin pin-${k}` }, this.list);
    html("b", { "aria-hidden": "true" }, item).textContent = String(k + 1);
    const swatch = element("svg", { width: 24, height: 10, "aria-hidden": "true" }, item);
    element("path", { class: `line pin pin-${k}`, d: "M0 5h24", "stroke-dasharray": this.dashes[k].join(" ") }, swatch);
    const slider = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": this.table.rates.length - 1 };
    const handle = html("span", { class: "pin-handle", ...(pin.index < 0 ? {} : slider) }, item);
    const button = html("button", { type: "button", title: "unpin" }, item);
    button.textContent = "×";
    button.addEventListener("click", () =>
      this.set(this.model.get("pins").filter((/** @type {Pin} */ _, /** @type {number} */ other) => other !== k)),
    );
    handle.addEventListener("keydown", (event) => this.pressed(event, k, button));
  }

  /** @param {KeyboardEvent} event @param {number} k @param {HTMLButtonElement} button */
  pressed(event, k, button) {
    const at = pinIndex(this.table, this.model.get("pins")[k]);
    const last = this.table.rates.length - 1;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
      PageDown: at - 12, PageUp: at + 12, Home: 0, End: last,
    }; // prettier-ignore
    if (event.key === "Delete") button.click();
    else if (event.key in moves) this.move(k, moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
