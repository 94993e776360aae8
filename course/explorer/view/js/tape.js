// Reverse-mode differentiation. A tape records operations on matrices once; then it computes them forwards, and
// the gradient backwards, as often as wanted. It knows no network.
import { OPERATIONS } from "./operations.js";

/** @typedef {import("./operations.js").Matrix} Matrix */
/** @typedef {{ operation: import("./operations.js").Operation, a: Matrix, b: Matrix, result: Matrix, factor: number }} Entry */

/** @param {number} rows @param {number} columns @returns {Matrix} */
export function matrix(rows, columns) {
  return { rows, columns, value: new Float64Array(rows * columns), gradient: new Float64Array(rows * columns) };
}

export class Tape {
  /** @type {Entry[]} */
  entries = [];

  /**
   * @param {keyof typeof OPERATIONS} name @param {Matrix} a @param {Matrix} [b] @param {number} [rows] of the result
   * @param {number} [factor]
   */
  record(name, a, b = a, rows = a.rows, factor = 1) {
    const result = matrix(rows, a.columns);
    this.entries.push({ operation: OPERATIONS[name], a, b, result, factor });
    return result;
  }

  /** Compute all values. */
  compute() {
    for (const { operation, a, b, result, factor } of this.entries) operation.forward(a, b, result, factor);
  }

  /**
   * Add to the gradient of each input that of the last result, whose entries have these weights.
   * @param {Float64Array} weights
   */
  differentiate(weights) {
    for (const { result } of this.entries) result.gradient.fill(0);
    this.entries[this.entries.length - 1].result.gradient.set(weights);
    for (let k = this.entries.length - 1; k >= 0; k--) {
      const { operation, a, b, result, factor } = this.entries[k];
      operation.backward(a, b, result, factor);
    }
  }

  /**
   * Return the weighted sums of units, a row for each unit and a column for each example, with a last unit that is
   * always 1, for the biases; constant units get no gradient.
   * @param {Matrix} units @param {Matrix} weights a row for each unit, a column for each sum @param {boolean} [constant]
   */
  affine(units, weights, constant = false) {
    return this.record(constant ? "affineOfConstant" : "affine", units, weights, weights.columns);
  }

  /** @param {Matrix} a @param {Matrix} b */
  times(a, b) {
    return this.record("times", a, b);
  }

  /** Return a + factor · b. @param {Matrix} a @param {Matrix} b @param {number} factor */
  plus(a, b, factor) {
    return this.record("plus", a, b, a.rows, factor);
  }

  /** Return σ(a). @param {Matrix} a */
  sigmoid(a) {
    return this.record("reciprocalOfOnePlus", this.record("falling", a));
  }

  /** Return log(1 + exp(a)). @param {Matrix} a */
  softplus(a) {
    return this.plus(this.record("positive", a), this.record("logOfOnePlus", this.record("fading", a)), 1);
  }
}
