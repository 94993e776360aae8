// What is inside a run, and how it depends on the seed. Each is a generator, so that the runs need not wait for it.
import { Network } from "./network.js";
import { descend, topCurvature } from "./runs.js";

/** @typedef {import("./network.js").Source} Source */
/**
 * @typedef {{ path: Float64Array, across: [number, number], up: [number, number], losses: Float64Array }} Slice
 *   a plane of weights: the run on it, two coordinates a step, and the losses on a grid of SIDE × SIDE points
 * @typedef {{ low: Float64Array, middle: Float64Array, high: Float64Array }} Band
 */

export const KEPT_EVERY = 10; // steps between two curvatures
export const SIDE = 40; // points of a grid, in each direction
export const BAND_SEEDS = 10; // from 0 on
const ROOM = 0.3; // around a run, in parts of its extent
const BEYOND = 1e6; // weights beyond are on no slice

/** @type {Record<string, (network: Network, rate: number, steps: number, source: Source) => Generator<undefined, any>>} */
export const DETAILS = { curvature: curvatures, output: weights, deltas, path: slice, band: bandOfSeeds };

/** @param {Network} network @param {number} rate @param {number} steps */
function kept(network, rate, steps) {
  const thetas = new Float64Array((steps + 1) * network.size);
  descend(network, rate, steps, thetas);
  return Array.from({ length: steps + 1 }, (_, t) => thetas.subarray(t * network.size, (t + 1) * network.size));
}

/**
 * Return η λ_max at every KEPT_EVERY-th step of a run.
 * @param {Network} network @param {number} rate @param {number} steps @returns {Generator<undefined, number[]>}
 */
function* curvatures(network, rate, steps) {
  const thetas = kept(network, rate, steps);
  const direction = new Float64Array(network.size).map((_, k) => Math.cos(k));
  const values = [];
  for (let t = 0; t <= steps; t += KEPT_EVERY) {
    values.push(rate * (thetas[t].every(Number.isFinite) ? topCurvature(network, thetas[t], direction) : NaN));
    yield undefined;
  }
  return values;
}

/**
 * Return the weights before each step of a run.
 * @param {Network} network @param {number} rate @param {number} steps @returns {Generator<undefined, Float64Array[]>}
 */
function* weights(network, rate, steps) {
  yield undefined;
  return kept(network, rate, steps).map((theta) => theta.slice());
}

/**
 * Return for each layer the norm of δ, the loss's gradient by the pre-activations of all examples, at each step.
 * @param {Network} network @param {number} rate @param {number} steps @returns {Generator<undefined, Float64Array[]>}
 */
function* deltas(network, rate, steps) {
  const norms = network.layers.map(() => new Float64Array(steps + 1));
  const gradient = new Float64Array(network.size);
  for (const [t, theta] of kept(network, rate, steps).entries()) {
    network.lossAt(theta);
    network.differentiate(network.ones, gradient);
    network.layers.forEach((layer, l) => (norms[l][t] = Math.hypot(...layer.gradient)));
    if (t % KEPT_EVERY === 0) yield undefined;
  }
  return norms;
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/**
 * Return the longest of some vectors made orthogonal to `others`, with length 1; where all are 0, another direction.
 * @param {Float64Array[]} vectors @param {Float64Array[]} others
 */
function direction(vectors, others) {
  const size = vectors[0].length;
  const units = Array.from({ length: size }, (_, k) => new Float64Array(size).fill(0).fill(1e-6, k, k + 1));
  let longest = new Float64Array(size);
  for (const candidates of [vectors, units]) {
    for (const vector of candidates) {
      const rest = vector.slice();
      for (const other of others) {
        const part = dot(vector, other);
        for (let k = 0; k < size; k++) rest[k] -= part * other[k];
      }
      if (dot(rest, rest) > dot(longest, longest)) longest = rest;
    }
    if (dot(longest, longest) > 1e-18) break;
  }
  const length = Math.sqrt(dot(longest, longest));
  return longest.map((value) => value / length);
}

/** @param {number[]} values @param {number} least @returns {[number, number]} */
function extent(values, least) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(ROOM * (high - low), (least - (high - low)) / 2);
  return [low - margin, high + margin];
}

/**
 * Return the plane through a run's first and last weights and those farthest from the line between them.
 * @param {Network} network @param {number} rate @param {number} steps @returns {Generator<undefined, Slice>}
 */
function* slice(network, rate, steps) {
  const all = kept(network, rate, steps);
  const out = all.findIndex((theta) => !theta.every((value) => Math.abs(value) < BEYOND));
  const shifts = all
    .slice(0, out < 0 ? all.length : out)
    .map((theta) => theta.map((value, k) => value - network.start[k]));
  const last = shifts[shifts.length - 1];
  const u = direction(dot(last, last) > 1e-18 ? [last] : shifts, []);
  const v = direction(shifts, [u]);
  const [xs, ys] = [u, v].map((axis) => shifts.map((shift) => dot(shift, axis)));
  const width = Math.max(Math.max(...xs) - Math.min(...xs), 1e-3);
  const [across, up] = [extent(xs, width), extent(ys, width / 5)];
  const losses = new Float64Array(SIDE * SIDE);
  const at = (/** @type {[number, number]} */ [low, high], /** @type {number} */ k) =>
    low + ((high - low) * k) / (SIDE - 1);
  for (let j = 0; j < SIDE; j++) {
    for (let i = 0; i < SIDE; i++) {
      const point = network.start.map((value, k) => value + at(across, i) * u[k] + at(up, j) * v[k]);
      losses[j * SIDE + i] = network.lossAt(point);
    }
    yield undefined;
  }
  return { path: Float64Array.from(xs.flatMap((x, t) => [x, ys[t]])), across, up, losses };
}

/**
 * Return at each step the lowest, middle and highest loss of the same run from the first weights of BAND_SEEDS seeds.
 * @param {Network} network @param {number} rate @param {number} steps @param {Source} source
 * @returns {Generator<undefined, Band>}
 */
function* bandOfSeeds(network, rate, steps, source) {
  /** @type {Float64Array[]} */
  const curves = [];
  for (let seed = 0; seed < BAND_SEEDS; seed++) {
    curves.push(descend(new Network({ ...network.settings, seed }, source), rate, steps));
    yield undefined;
  }
  const sorted = Array.from({ length: steps + 1 }, (_, t) =>
    curves.map((losses) => (Number.isFinite(losses[t]) ? losses[t] : Infinity)).sort((a, b) => a - b),
  );
  const middle = (BAND_SEEDS - 1) / 2;
  return {
    low: Float64Array.from(sorted, (losses) => losses[0]),
    middle: Float64Array.from(sorted, (losses) => (losses[Math.floor(middle)] + losses[Math.ceil(middle)]) / 2),
    high: Float64Array.from(sorted, (losses) => losses[BAND_SEEDS - 1]),
  };
}
