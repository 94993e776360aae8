// Gradient descent, and what can be read off the runs: regimes, landmarks, limits, curvature.

/** @typedef {import("./network.js").Network} Network */

export const REGIMES = ["diverged", "oscillating", "steady", "stuck", "slow"];
const DIFFERENCE = 1e-4; // times the direction, added to and subtracted from the weights
const TURNS = 400; // of the power iteration, at most
const BELOW_EDGE = 3; // rates between a good one and the edge

/**
 * Return the losses of a run, and if `kept` is given, put the weights before each of its steps there.
 * @param {Network} network @param {number} rate @param {number} steps @param {Float64Array} [kept]
 */
export function descend(network, rate, steps, kept) {
  const losses = new Float64Array(steps + 1);
  const theta = network.start.slice();
  const [gradient, velocity] = [new Float64Array(theta.length), new Float64Array(theta.length)];
  const { momentum } = network.settings;
  for (let t = 0; t <= steps; t++) {
    losses[t] = network.lossAt(theta);
    kept?.set(theta, t * theta.length);
    network.differentiate(network.batchWeights(t), gradient);
    for (let k = 0; k < theta.length; k++) {
      velocity[k] = momentum * velocity[k] + gradient[k];
      theta[k] -= rate * velocity[k];
    }
  }
  return losses;
}

/** @param {ArrayLike<number>} values @param {number} from */
function band(values, from) {
  let [low, high] = [Infinity, -Infinity];
  for (let t = from; t < values.length; t++) {
    if (values[t] < low) low = values[t];
    if (values[t] > high) high = values[t];
  }
  return high - low;
}

/** Return 121 learning rates, as `runs.learning_rates` does. @param {Network} network */
export function learningRates(network) {
  const lowest = network.deep ? -2 - Math.round(Math.log10(network.count)) : -2;
  return Array.from({ length: 121 }, (_, k) => Number((10 ** (lowest + k / 24)).toPrecision(4)));
}

/** Return the index of the rate nearest by ratio. @param {number[]} rates @param {number} rate */
export function nearestRate(rates, rate) {
  let best = 0;
  const far = (/** @type {number} */ k) => Math.abs(Math.log(rates[k] / rate));
  for (let k = 1; k < rates.length; k++) if (far(k) < far(best)) best = k;
  return best;
}

/** Return the median of the last tenth. @param {ArrayLike<number>} losses */
export function end(losses) {
  const last = Array.from(losses).slice(-Math.max(Math.floor(losses.length / 10), 1));
  if (last.some(Number.isNaN)) return NaN;
  last.sort((a, b) => a - b);
  const middle = last.length / 2;
  return last.length % 2 ? last[Math.floor(middle)] : (last[middle - 1] + last[middle]) / 2;
}

/** Return the regime's index; the rule is that of `runs.regimes` in Python. @param {ArrayLike<number>} losses */
export function regime(losses) {
  const n = losses.length;
  for (let t = 0; t < n; t++) if (!Number.isFinite(losses[t])) return 0;
  const last = end(losses);
  if (last > 10 * losses[0]) return 0;
  const from = Math.floor((2 * n) / 3);
  let turns = 0;
  for (let t = from + 2; t < n; t++)
    if (Math.sign(losses[t] - losses[t - 1]) * Math.sign(losses[t - 1] - losses[t - 2]) < 0) turns++;
  if (4 * turns > n - from - 1) return 1;
  if (2 * last <= losses[0]) return 2;
  return 10 * band(losses, Math.floor(n / 2)) <= band(losses, 0) ? 3 : 4;
}

/**
 * Return the stretches of equal codes: [code, from, to], `to` excluded.
 * @param {ArrayLike<number>} codes @returns {[number, number, number][]}
 */
export function stretches(codes) {
  /** @type {[number, number, number][]} */
  const found = [];
  for (let k = 0; k < codes.length; k++) {
    const last = found[found.length - 1];
    if (last && last[0] === codes[k]) last[2] = k + 1;
    else found.push([codes[k], k, k + 1]);
  }
  return found;
}

/**
 * Return the indices that the named buttons jump to, null where no run is of that kind; as `runs.landmarks`.
 * @param {ArrayLike<number>} ends @param {ArrayLike<number>} codes
 * @returns {(number | null)[]} too slow, good, edge, too large, best
 */
export function landmarks(ends, codes) {
  const all = stretches(codes);
  const lowest = (/** @type {number} */ from, /** @type {number} */ to) => {
    /** @type {number | null} */
    let best = null;
    for (let k = from; k < to; k++) if (Number.isFinite(ends[k]) && (best === null || ends[k] < ends[best])) best = k;
    return best;
  };
  const middle = (/** @type {[number, number, number]} */ [, from, to]) => from + Math.floor((to - 1 - from) / 2);
  const longest = all
    .filter(([code]) => code === 2)
    .reduce((best, s) => (s[2] - s[1] > best[2] - best[1] ? s : best), [2, 0, 0]);
  const [, from, to] = longest;
  const best = lowest(0, codes.length);
  const steady = to > from;
  const before = all.filter(([code, , last]) => code === 4 && steady && last <= from);
  const after = all.filter(([code, first]) => code !== 2 && code !== 4 && steady && first >= to);
  const large = after.filter(([code]) => code === 3 || code === 0);
  const [far] = (large.length ? large : after).sort((a, b) => b[2] - b[1] - (a[2] - a[1]));
  return [
    before.length ? middle(before[before.length - 1]) : null,
    steady ? lowest(from, Math.max(to - BELOW_EDGE, from + 1)) : null,
    steady && to < codes.length ? to - 1 : null,
    far ? middle(far) : null,
    best,
  ];
}

/**
 * Return the lowest and highest loss to draw; none above 10 times the first loss.
 * @param {Float64Array[]} curves @returns {[number, number]}
 */
export function limits(curves) {
  const first = curves[0][0];
  let [low, high] = [Infinity, -Infinity];
  for (const losses of curves)
    for (let t = 0; t < losses.length; t++)
      if (Number.isFinite(losses[t])) {
        if (losses[t] < low) low = losses[t];
        if (losses[t] > high) high = losses[t];
      }
  if (low === Infinity) [low, high] = [first, first];
  return [Math.max(low, 1e-6 * first) / 1.3, Math.min(high, 10 * first) * 1.3];
}

/**
 * Return the largest eigenvalue of the loss's Hessian at `theta`, by power iteration; NaN where it is not finite.
 * `direction` is where the iteration starts, and becomes where it ends.
 * @param {Network} network @param {Float64Array} theta @param {Float64Array} direction
 */
export function topCurvature(network, theta, direction) {
  const dominant = dominantCurvature(network, theta, direction, 0);
  if (!(dominant < 0)) return dominant;
  // the largest in magnitude is negative: with that much added, none is
  for (let k = 0; k < direction.length; k++) direction[k] = Math.cos(k + 1);
  return dominantCurvature(network, theta, direction, -dominant) + dominant;
}

/**
 * @param {Network} network @param {Float64Array} theta @param {Float64Array} direction @param {number} shift
 */
function dominantCurvature(network, theta, direction, shift) {
  const size = theta.length;
  const [point, above, below] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let value = NaN;
  for (let turn = 0; turn < TURNS; turn++) {
    const length = Math.hypot(...direction);
    if (!Number.isFinite(length)) return NaN;
    if (length === 0) return shift === 0 ? 0 : value;
    for (let k = 0; k < size; k++) direction[k] /= length;
    for (const [sign, gradient] of /** @type {[number, Float64Array][]} */ ([
      [1, above],
      [-1, below],
    ])) {
      for (let k = 0; k < size; k++) point[k] = theta[k] + sign * DIFFERENCE * direction[k];
      network.lossAt(point);
      network.differentiate(network.ones, gradient);
    }
    const last = value;
    value = 0;
    for (let k = 0; k < size; k++) {
      above[k] = (above[k] - below[k]) / (2 * DIFFERENCE) + shift * direction[k];
      value += above[k] * direction[k];
    }
    direction.set(above);
    if (Math.abs(value - last) <= 1e-9 * Math.abs(value)) break;
  }
  return value;
}
