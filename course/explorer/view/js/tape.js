// @ts-check
// Reverse-mode differentiation. A tape records operations on matrices once; then it computes them forwards, and
// the gradient backwards, as often as wanted. It knows the slopes of its elementary operations and no network.

const FAR = 700; // exp() of more than 709 is infinite

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
   * Return the product of `left`, with a column of ones after it for the biases, and `right`; a constant on the left
   * gets no gradient.
   * @param {Matrix} left @param {Matrix} right @param {boolean} [constant]
   */
  affine(left, right, constant = false) {
    const [n, m, p] = [left.rows, left.columns, right.columns];
    return this.record(n, p, (result) => [
      () => multiply(left.value, right.value, result.value, n, m, p),
      () => {
        multiplyBack(left.value, result.gradient, right.gradient, n, m, p);
        if (!constant) multiplyForth(result.gradient, right.value, left.gradient, n, m, p);
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
        for (let k = 0; k < A.length; k++) dA[k] += (A[k] < 0 ? 1 : -1) * R[k] * dR[k];
      },
    ]);
  }

  /** Return exp(−a), and where a is below −FAR what it is there. @param {Matrix} a */
  falling(a) {
    const [A, dA] = [a.value, a.gradient];
    return this.record(a.rows, a.columns, ({ value: R, gradient: dR }) => [
      () => {
        for (let k = 0; k < A.length; k++) R[k] = Math.exp(-Math.max(A[k], -FAR));
      },
      () => {
        for (let k = 0; k < A.length; k++) if (!(A[k] < -FAR)) dA[k] -= R[k] * dR[k];
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
        for (let k = 0; k < A.length; k++) dA[k] -= R[k] * R[k] * dR[k];
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

  /** Return σ(a). @param {Matrix} a */
  sigmoid(a) {
    return this.reciprocalOfOnePlus(this.falling(a));
  }

  /** Return log(1 + exp(a)). @param {Matrix} a */
  softplus(a) {
    return this.plus(this.positive(a), this.logOfOnePlus(this.fading(a)), 1);
  }
}

/**
 * C = [A 1] B with A (n, m), B (m + 1, p).
 * @param {Float64Array} A @param {Float64Array} B @param {Float64Array} C
 * @param {number} n @param {number} m @param {number} p
 */
function multiply(A, B, C, n, m, p) {
  let c = 0;
  for (let i = 0, a = 0; i < n; i++, a += m)
    for (let j = 0; j < p; j++) {
      let sum = 0;
      let b = j;
      for (let k = 0; k < m; k++, b += p) sum += A[a + k] * B[b];
      C[c++] = sum + B[b];
    }
}

/**
 * B += [A 1]ᵀ C.
 * @param {Float64Array} A @param {Float64Array} C @param {Float64Array} B
 * @param {number} n @param {number} m @param {number} p
 */
function multiplyBack(A, C, B, n, m, p) {
  for (let i = 0, a = 0, c = 0; i < n; i++, c += p) {
    let b = 0;
    for (let k = 0; k < m; k++) {
      const factor = A[a++];
      for (let j = 0; j < p; j++) B[b++] += factor * C[c + j];
    }
    for (let j = 0; j < p; j++) B[b++] += C[c + j];
  }
}

/**
 * A += C Bᵀ, without the row of B that belongs to the ones.
 * @param {Float64Array} C @param {Float64Array} B @param {Float64Array} A
 * @param {number} n @param {number} m @param {number} p
 */
function multiplyForth(C, B, A, n, m, p) {
  for (let i = 0, a = 0, c = 0; i < n; i++, c += p)
    for (let k = 0, b = 0; k < m; k++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += C[c + j] * B[b++];
      A[a++] += sum;
    }
}
