// The networks of both seeds with data and first weights: the loss and, by a tape, its gradient.
import { Tape, matrix } from "./tape.js";

/**
 * @typedef {{ network: string, data: string, hidden: number, scale: number, seed: number, momentum: number,
 *   batch: number }} Settings
 * @typedef {{ draws: Record<string, string>, examples: Record<string, { X: number[][], y: number[] }> }} Source
 *   standard normal numbers by seed, base64 of float64, and the data sets
 */

/** @param {string} base64 @returns {Float64Array} */
export function decoded(base64) {
  return new Float64Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
}

export class Network {
  /** @type {import("./operations.js").Matrix} each example's part */
  loss;

  /** @param {Settings} settings @param {Source} source */
  constructor(settings, source) {
    this.settings = settings;
    const { X, y } = source.examples[settings.data];
    this.deep = settings.network === "seed 2";
    this.count = y.length;
    this.batch = Math.min(settings.batch || this.count, this.count);
    const h = settings.hidden;
    this.shapes = this.deep
      ? [
          [3, h],
          [h + 1, h],
          [h + 1, 1],
        ]
      : [
          [3, h],
          [h + 1, 1],
        ];
    this.blocks = this.shapes.map(([rows, columns]) => matrix(rows, columns));
    this.size = this.blocks.reduce((sum, block) => sum + block.value.length, 0);
    this.tape = new Tape();
    /** each layer's pre-activations, a row for each unit */
    this.layers = this.#record(X, y);
    this.start = this.#firstWeights(source.draws[settings.seed]);
    this.ones = new Float64Array(this.count).fill(1);
    this.weights = this.ones.slice();
  }

  /** @param {number[][]} X @param {number[]} y */
  #record(X, y) {
    const inputs = matrix(2, this.count);
    inputs.value.set([0, 1].flatMap((unit) => X.map((x) => x[unit])));
    const targets = matrix(1, this.count);
    targets.value.set(y);
    let h = inputs;
    /** @type {import("./operations.js").Matrix[]} */
    const layers = [];
    this.blocks.forEach((block, l) => {
      const z = this.tape.affine(h, block, l === 0);
      layers.push(z);
      if (l < this.blocks.length - 1) h = this.tape.sigmoid(z);
    });
    const last = layers[layers.length - 1];
    if (this.deep) {
      this.loss = this.tape.plus(this.tape.softplus(last), this.tape.times(targets, last), -1);
    } else {
      const factor = matrix(1, this.count);
      factor.value.fill(1 / (2 * this.count));
      const error = this.tape.plus(targets, this.tape.sigmoid(last), -1);
      this.loss = this.tape.times(this.tape.times(error, error), factor);
    }
    return layers;
  }

  /** @param {string} draws */
  #firstWeights(draws) {
    if (draws === undefined) throw new RangeError(`seed ${this.settings.seed}: the seeds here go from 0 to 99`);
    const normal = decoded(draws);
    const theta = new Float64Array(this.size);
    let [from, to] = [0, 0];
    for (const [rows, columns] of this.shapes) {
      const drawn = this.deep ? rows - 1 : rows; // in seed 2 biases begin at 0
      for (let k = 0; k < drawn * columns; k++) {
        const value = this.settings.scale * normal[from++];
        theta[to + k] = this.deep ? value / Math.sqrt(drawn) : value;
      }
      to += rows * columns;
    }
    return theta;
  }

  /** Return the loss at the weights `theta`. @param {Float64Array} theta */
  lossAt(theta) {
    let from = 0;
    for (const block of this.blocks) {
      block.value.set(theta.subarray(from, from + block.value.length));
      from += block.value.length;
    }
    this.tape.compute();
    let sum = 0;
    for (let k = 0; k < this.count; k++) sum += this.loss.value[k];
    return sum;
  }

  /**
   * Put into `gradient` that of the loss at the weights of the last `lossAt`, its examples weighted.
   * @param {Float64Array} weights @param {Float64Array} gradient
   */
  differentiate(weights, gradient) {
    for (const block of this.blocks) block.gradient.fill(0);
    this.tape.differentiate(weights);
    let to = 0;
    for (const block of this.blocks) {
      gradient.set(block.gradient, to);
      to += block.gradient.length;
    }
  }

  /** Return the weight of each example at a step: those of its batch stand for all. @param {number} step */
  batchWeights(step) {
    if (this.batch === this.count) return this.ones;
    this.weights.fill(0);
    for (let k = 0; k < this.batch; k++) this.weights[(step * this.batch + k) % this.count] = this.count / this.batch;
    return this.weights;
  }
}
