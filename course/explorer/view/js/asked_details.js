// What is inside the runs of a problem, as far as it was asked for and is computed.

export class AskedDetails {
  /** @param {(question: import("./sweep.js").Question) => void} ask */
  constructor(ask) {
    this.ask = ask;
    /** @type {Map<string, Map<number, any>>} by kind and row */
    this.known = new Map();
    /** @type {Map<string, number>} the row asked for last, by kind */
    this.asked = new Map();
  }

  /** Return what a kind of `DETAILS` is of a run, or null and ask for it. @param {string} kind @param {number} row @param {number} rate */
  get(kind, row, rate) {
    const value = this.known.get(kind)?.get(row);
    if (value !== undefined) return value;
    if (this.asked.get(kind) !== row) this.ask({ kind, row, rate });
    this.asked.set(kind, row);
    return null;
  }

  /** @param {{ kind: string, row: number, value: any }} detail */
  put({ kind, row, value }) {
    const rows = this.known.get(kind) ?? new Map();
    this.known.set(kind, rows.set(row, value));
  }

  /** Forget a run, whose rate is another now. @param {number} row */
  forget(row) {
    for (const rows of this.known.values()) rows.delete(row);
    for (const [kind, asked] of this.asked) if (asked === row) this.asked.delete(kind);
  }

  clear() {
    this.known.clear();
    this.asked.clear();
  }
}
