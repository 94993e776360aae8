// @ts-check
// Reverse-mode differentiation. A tape records operations on matrices once; then it computes them forwards, and
// the gradient backwards, as often as wanted. It knows the slopes of its elementary operations and no network.

/** @typedef {{ rows: number, columns: number, value: Float64Array, gradient: Float64Array }} Matrix */

/** @param {number} rows @param {number} columns @returns {Matrix} */
export function matrix(rows, columns) {
  return { rows, columns, value: new Float64Array(rows * columns), gradient: new Float64Array(rows * columns) };
}

export class Tape {
  constructor() {
    /** @type {(() => void)[]} */
    this.forwards = [];
    /** @type {(() => void)[]} */
    this.backwards = [];
    /** @type {Matrix[]} */
    this.results = [];
  }

  /** @param {number} rows @param {number} columns @param {(result: Matrix) => [() => void, () => void]} operation */
  record(rows, columns, operation) {
    const result = matrix(rows, columns);
    const [forward, backward] = operation(result);
    this.results.push(result);
    this.forwards.push(forward);
    this.backwards.push(backward);
    return result;
  }

  /** Compute all values. */
  compute() {
    for (const forward of this.forwards) forward();
  }

  /**
   * Add to the gradient of each input that of the last result, whose entries have these weights.
   * @param {Float64Array} weights
   */
  differentiate(weights) {
    for (const result of this.results) result.gradient.fill(0);
    this.results[this.results.length - 1].gradient.set(weights);
    for (let k = this.backwards.length - 1; k >= 0; k--) this.backwards[k]();
  }

  /**
   * Return the product of two matrices; a constant on the left gets no gradient.
   * @param {Matrix} left @param {Matrix} right @param {boolean} [constant]
   */
  product(left, right, constant = false) {
    const [n, m, p] = [left.rows, left.columns, right.columns];
    return this.record(n, p, (result) => [
      () => multiply(left.value, right.value, result.value, n, m, p),
      () => {
        multiplyBack(left.value, result.gradient, right.gradient, n, m, p);
        if (!constant) multiplyForth(result.gradient, right.value, left.gradient, n, m, p);
      },
    ]);
  }

  /** Return the matrix with a column of ones after it, for the biases. @param {Matrix} a */
  withOne(a) {
    const [n, m] = [a.rows, a.columns];
    return this.record(n, m + 1, (result) => [
      () => {
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < m; j++) result.value[i * (m + 1) + j] = a.value[i * m + j];
          result.value[i * (m + 1) + m] = 1;
        }
      },
      () => {
        for (let i = 0; i < n; i++)
          for (let j = 0; j < m; j++) a.gradient[i * m + j] += result.gradient[i * (m + 1) + j];
      },
    ]);
  }

  /** @param {Matrix} a @param {Matrix} b */
  times(a, b) {
    const [A, dA, B, dB] = [a.value, a.gradient, b.value, b.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = A[k] * B[k];
      },
      () => {
        for (let k = 0; k < A.length; k++) {
          dA[k] += dR[k] * B[k];
          dB[k] += dR[k] * A[k];
        }
      },
    ]);
  }

  /** Return a + factor · b. @param {Matrix} a @param {Matrix} b @param {number} factor */
  plus(a, b, factor) {
    const [A, dA, B, dB] = [a.value, a.gradient, b.value, b.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = A[k] + factor * B[k];
      },
      () => {
        for (let k = 0; k < A.length; k++) {
          dA[k] += dR[k];
          dB[k] += factor * dR[k];
        }
      },
    ]);
  }

  /** Return exp(−|a|); at 0 with the slope from above. @param {Matrix} a */
  fading(a) {
    const [A, dA] = [a.value, a.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = Math.exp(-Math.abs(A[k]));
      },
      () => {
        for (let k = 0; k < A.length; k++)
          dA[k] += (A[k] < 0 ? 1 : -1) * R[k] * dR[k];
      },
    ]);
  }

  /** Return a where `sign` is negative, and 1 elsewhere. @param {Matrix} a @param {Matrix} sign */
  whereNegative(a, sign) {
    const [A, dA, S] = [a.value, a.gradient, sign.value];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = S[k] < 0 ? A[k] : 1;
      },
      () => {
        for (let k = 0; k < A.length; k++) if (S[k] < 0) dA[k] += dR[k];
      },
    ]);
  }

  /** Return 1 / (1 + a). @param {Matrix} a */
  reciprocalOfOnePlus(a) {
    const [A, dA] = [a.value, a.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = 1 / (1 + A[k]);
      },
      () => {
        for (let k = 0; k < A.length; k++)
          dA[k] -= R[k] * R[k] * dR[k];
      },
    ]);
  }

  /** Return log(1 + a). @param {Matrix} a */
  logOfOnePlus(a) {
    const [A, dA] = [a.value, a.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = Math.log1p(A[k]);
      },
      () => {
        for (let k = 0; k < A.length; k++) dA[k] += dR[k] / (1 + A[k]);
      },
    ]);
  }

  /** Return max(a, 0); at 0 with the slope from above. @param {Matrix} a */
  positive(a) {
    const [A, dA] = [a.value, a.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = A[k] < 0 ? 0 : A[k];
      },
      () => {
        for (let k = 0; k < A.length; k++) if (!(A[k] < 0)) dA[k] += dR[k];
      },
    ]);
  }

  /** Return σ(a), of elementary operations that never overflow. @param {Matrix} a */
  sigmoid(a) {
    const e = this.fading(a);
    return this.times(this.whereNegative(e, a), this.reciprocalOfOnePlus(e));
  }

  /** Return log(1 + exp(a)). @param {Matrix} a */
  softplus(a) {
    return this.plus(this.positive(a), this.logOfOnePlus(this.fading(a)), 1);
  }
}

/**
 * C = A B with A (n, m), B (m, p).
 * @param {Float64Array} A @param {Float64Array} B @param {Float64Array} C
 * @param {number} n @param {number} m @param {number} p
 */
function multiply(A, B, C, n, m, p) {
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let k = 0; k < m; k++) sum += A[i * m + k] * B[k * p + j];
      C[i * p + j] = sum;
    }
}

/**
 * B += Aᵀ C.
 * @param {Float64Array} A @param {Float64Array} C @param {Float64Array} B
 * @param {number} n @param {number} m @param {number} p
 */
function multiplyBack(A, C, B, n, m, p) {
  for (let i = 0; i < n; i++)
    for (let k = 0; k < m; k++) {
      const factor = A[i * m + k];
      for (let j = 0; j < p; j++) B[k * p + j] += factor * C[i * p + j];
    }
}

/**
 * A += C Bᵀ.
 * @param {Float64Array} C @param {Float64Array} B @param {Float64Array} A
 * @param {number} n @param {number} m @param {number} p
 */
function multiplyForth(C, B, A, n, m, p) {
  for (let i = 0; i < n; i++)
    for (let k = 0; k < m; k++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += C[i * p + j] * B[k * p + j];
      A[i * m + k] += sum;
    }
}
