// Takes the place of the widget's model on a page: holds the state, and reports changes of it.

/** @typedef {() => void} Listener */

export class PageModel {
  /** @param {Record<string, any>} state */
  constructor(state) {
    /** @type {Record<string, any>} */
    this.state = {
      ...state,
      own_losses: new DataView(new ArrayBuffer(0)),
      own_known: new DataView(new ArrayBuffer(0)),
    };
    /** @type {Map<string, Listener[]>} */
    this.listeners = new Map();
  }

  /** @param {string} name */
  get(name) {
    return this.state[name];
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    for (const listener of [...(this.listeners.get(`change:${name}`) ?? [])]) listener();
  }

  save_changes() {}

  /** @param {string} names separated by spaces @param {Listener} listener */
  on(names, listener) {
    for (const name of names.split(" ")) this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  /** @param {string} names @param {Listener} listener */
  off(names, listener) {
    for (const name of names.split(" "))
      this.listeners.set(
        name,
        (this.listeners.get(name) ?? []).filter((other) => other !== listener),
      );
  }
}
