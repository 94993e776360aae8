// The elementary operations on matrices that are differentiated, each forwards and backwards. They are functions of
// their operands alone, no closures: so what one network has warmed up is warm for the next.

const FAR = 700; // exp() of more than 709 is infinite

/** @typedef {{ rows: number, columns: number, value: Float64Array, gradient: Float64Array }} Matrix */
/**
 * @typedef {(a: Matrix, b: Matrix, result: Matrix, factor: number) => void} Pass
 * @typedef {{ forward: Pass, backward: Pass }} Operation `forward` sets the result's value; `backward` adds to the
 *   gradients of `a` and `b`. Those of one operand take `a` alone.
 */

/** @type {Record<"affine" | "affineOfConstant" | "times" | "plus" | "fading" | "falling" | "reciprocalOfOnePlus" |
 *   "logOfOnePlus" | "positive", Operation>} */
export const OPERATIONS = {
  /** b · a, with a last unit that is always 1 in a, for the biases; a and result hold a row for each unit */
  affine: {
    forward: affine,
    backward(...operands) {
      affineToWeights(...operands);
      affineToUnits(...operands);
    },
  },
  affineOfConstant: { forward: affine, backward: affineToWeights },
  times: {
    forward({ value: A }, { value: B }, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = A[k] * B[k];
    },
    backward({ value: A, gradient: dA }, { value: B, gradient: dB }, { gradient: dR }) {
      for (let k = 0; k < dR.length; k++) {
        dA[k] += dR[k] * B[k];
        dB[k] += dR[k] * A[k];
      }
    },
  },
  /** a + factor · b */
  plus: {
    forward({ value: A }, { value: B }, { value: R }, factor) {
      for (let k = 0; k < R.length; k++) R[k] = A[k] + factor * B[k];
    },
    backward({ gradient: dA }, { gradient: dB }, { gradient: dR }, factor) {
      for (let k = 0; k < dR.length; k++) {
        dA[k] += dR[k];
        dB[k] += factor * dR[k];
      }
    },
  },
  /** exp(−|a|); at 0 with the slope from above */
  fading: {
    forward({ value: A }, _, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = Math.exp(-Math.abs(A[k]));
    },
    backward({ value: A, gradient: dA }, _, { value: R, gradient: dR }) {
      for (let k = 0; k < dR.length; k++) dA[k] += (A[k] < 0 ? 1 : -1) * R[k] * dR[k];
    },
  },
  /** exp(−a), and where a is below −FAR what it is there */
  falling: {
    forward({ value: A }, _, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = Math.exp(A[k] < -FAR ? FAR : -A[k]);
    },
    backward({ value: A, gradient: dA }, _, { value: R, gradient: dR }) {
      for (let k = 0; k < dR.length; k++) if (!(A[k] < -FAR)) dA[k] -= R[k] * dR[k];
    },
  },
  /** 1 / (1 + a) */
  reciprocalOfOnePlus: {
    forward({ value: A }, _, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = 1 / (1 + A[k]);
    },
    backward({ gradient: dA }, _, { value: R, gradient: dR }) {
      for (let k = 0; k < dR.length; k++) dA[k] -= R[k] * R[k] * dR[k];
    },
  },
  /** log(1 + a) */
  logOfOnePlus: {
    forward({ value: A }, _, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = Math.log1p(A[k]);
    },
    backward({ value: A, gradient: dA }, _, { gradient: dR }) {
      for (let k = 0; k < dR.length; k++) dA[k] += dR[k] / (1 + A[k]);
    },
  },
  /** max(a, 0); at 0 with the slope from above */
  positive: {
    forward({ value: A }, _, { value: R }) {
      for (let k = 0; k < R.length; k++) R[k] = A[k] < 0 ? 0 : A[k];
    },
    backward({ value: A, gradient: dA }, _, { gradient: dR }) {
      for (let k = 0; k < dR.length; k++) if (!(A[k] < 0)) dA[k] += dR[k];
    },
  },
};

/** @type {Pass} */
function affine(units, weights, result) {
  const [m, n, p] = [units.rows, units.columns, weights.columns];
  const [W, R] = [weights.value, result.value];
  R.fill(0);
  for (let j = 0; j < p; j++) {
    addRows(R, j * n, units.value, m, W, j, p, n);
    for (let i = j * n; i < (j + 1) * n; i++) R[i] += W[m * p + j];
  }
}

/** @type {Pass} */
function affineToWeights(units, weights, result) {
  const [n, p] = [units.columns, weights.columns];
  for (let j = 0; j < p; j++) addProducts(weights.gradient, j, p, units.value, units.rows, result.gradient, j * n, n);
}

/** @type {Pass} */
function affineToUnits(units, weights, result) {
  const [n, p] = [units.columns, weights.columns];
  for (let k = 0; k < units.rows; k++) addRows(units.gradient, k * n, result.gradient, p, weights.value, k * p, 1, n);
}

/**
 * Add to the n numbers of T from t on `count` rows of R, by the weights of W from w on, `stride` apart; two rows at once.
 * @param {Float64Array} T @param {number} t @param {Float64Array} R @param {number} count
 * @param {Float64Array} W @param {number} w @param {number} stride @param {number} n
 */
function addRows(T, t, R, count, W, w, stride, n) {
  let [k, r] = [0, 0];
  for (; k + 1 < count; k += 2, w += 2 * stride, r += 2 * n) {
    const [first, second] = [W[w], W[w + stride]];
    for (let i = 0; i < n; i++) T[t + i] = T[t + i] + first * R[r + i] + second * R[r + n + i];
  }
  if (k === count) return;
  const last = W[w];
  for (let i = 0; i < n; i++) T[t + i] += last * R[r + i];
}

/**
 * Add to the weights of W from w on, `stride` apart, the products of `count` rows of R, and of one of ones after them,
 * with the n numbers of S from s on; two rows at once.
 * @param {Float64Array} W @param {number} w @param {number} stride @param {Float64Array} R @param {number} count
 * @param {Float64Array} S @param {number} s @param {number} n
 */
function addProducts(W, w, stride, R, count, S, s, n) {
  let [k, r, first, second] = [0, 0, 0, 0];
  for (; k + 1 < count; k += 2, w += 2 * stride, r += 2 * n) {
    first = second = 0;
    for (let i = 0; i < n; i++) {
      first += R[r + i] * S[s + i];
      second += R[r + n + i] * S[s + i];
    }
    W[w] += first;
    W[w + stride] += second;
  }
  first = second = 0;
  if (k < count) {
    for (let i = 0; i < n; i++) first += R[r + i] * S[s + i];
    W[w] += first;
    w += stride;
  }
  for (let i = 0; i < n; i++) second += S[s + i];
  W[w] += second;
}
