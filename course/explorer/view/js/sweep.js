// @ts-check
// Computes the runs at all learning rates, those nearest to the one shown first: in a Web Worker, or where none is
// allowed in slices on the main thread.
import { Network } from "./network.js";
import { descend, end, regime, topCurvature } from "./runs.js";

/**
 * @typedef {{ id: number, settings: import("./network.js").Settings, rates: number[], steps: number,
 *   near: number, draws: Record<string, string> }} Job
 * @typedef {{ id: number, rows: number[], losses: Float64Array[], codes: number[], ends: number[],
 *   curve?: { row: number, values: number[] } }} Part
 * @typedef {import("./network.js").Source} Source
 */

const SLICE = 12; // milliseconds
export const KEPT_EVERY = 10; // steps between two curvatures

export class Sweep {
  /** @param {Source} source @param {(part: Part) => void} send */
  constructor(source, send) {
    this.source = source;
    this.send = send;
    /** @type {Job | null} */
    this.job = null;
    /** @type {Network | null} */
    this.network = null;
    /** @type {Set<number>} */
    this.missing = new Set();
    /** @type {Iterator<undefined, number[]> | null} */
    this.curve = null;
    this.curveRow = -1;
    this.waiting = false;
  }

  /** Compute the curvatures along a run before the other runs. @param {number} row @param {number} rate */
  takeCurve(row, rate) {
    if (!this.job || !this.network) return;
    this.curveRow = row;
    this.curve = curvatures(this.network, rate, this.job.steps);
    this.wait();
  }

  /** Compute this in place of what is being computed. @param {Job} job */
  take(job) {
    this.job = job;
    this.network = new Network(job.settings, { ...this.source, draws: job.draws });
    this.missing = new Set(job.rates.keys());
    this.curve = null;
    this.wait();
  }

  wait() {
    if (this.waiting || !(this.missing.size || this.curve)) return;
    this.waiting = true;
    setTimeout(() => this.slice());
  }

  slice() {
    this.waiting = false;
    const { job, network } = this;
    if (!job || !network) return;
    /** @type {Part} */
    const part = { id: job.id, rows: [], losses: [], codes: [], ends: [] };
    const until = performance.now() + SLICE;
    while (this.curve && performance.now() < until) {
      const { done, value } = this.curve.next();
      if (!done) continue;
      part.curve = { row: this.curveRow, values: value };
      this.curve = null;
    }
    while (this.missing.size && performance.now() < until) {
      const k = nearest(this.missing, job.near);
      this.missing.delete(k);
      const losses = descend(network, job.rates[k], job.steps);
      part.rows.push(k);
      part.losses.push(losses);
      part.codes.push(regime(losses));
      part.ends.push(end(losses));
    }
    this.send(part);
    this.wait();
  }
}

/**
 * Return η λ_max at every KEPT_EVERY-th step of a run.
 * @param {Network} network @param {number} rate @param {number} steps
 * @returns {Generator<undefined, number[]>}
 */
export function* curvatures(network, rate, steps) {
  const { size } = network;
  const kept = new Float64Array((steps + 1) * size);
  descend(network, rate, steps, kept);
  const direction = new Float64Array(size).map((_, k) => Math.cos(k));
  const values = [];
  for (let t = 0; t <= steps; t += KEPT_EVERY) {
    const theta = kept.subarray(t * size, (t + 1) * size);
    const top = theta.every(Number.isFinite) ? topCurvature(network, theta, direction) : NaN;
    values.push(rate * top);
    yield undefined;
  }
  return values;
}

/** @param {Set<number>} missing @param {number} near */
function nearest(missing, near) {
  let best = -1;
  for (const k of missing) if (best < 0 || Math.abs(k - near) < Math.abs(best - near)) best = k;
  return best;
}

/**
 * Return what computes jobs beside the page, or in slices where no worker is allowed.
 * @param {Source} source @param {string} code of the engine @param {(part: Part) => void} receive
 * @param {(text: string) => void} say
 */
export function sweeper(source, code, receive, say) {
  let sweep = /** @type {Sweep | null} */ (null);
  let worker = /** @type {Worker | null} */ (null);
  let last = /** @type {Job | null} */ (null);
  const alone = () => {
    worker?.terminate();
    worker = null;
    sweep = new Sweep(source, receive);
    say("This page may start no worker, so its runs are computed in between: all works, a little slower.");
    if (last) sweep.take(last);
  };
  try {
    const text = `${code}\nconst sweep = new Sweep(${JSON.stringify({ draws: {}, examples: source.examples })}, (part) => postMessage(part, part.losses.map((l) => l.buffer)));
      onmessage = ({ data }) => {
        if (data.settings) sweep.take(data);
        else if (data.row !== undefined) sweep.takeCurve(data.row, data.rate);
        else if (sweep.job) sweep.job.near = data.near;
      };`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = alone;
  } catch {
    alone();
  }
  return {
    /** @param {Job} job */
    take(job) {
      last = job;
      if (worker) worker.postMessage(job);
      else sweep?.take(job);
    },
    /** @param {number} near */
    near(near) {
      if (last) last.near = near;
      worker?.postMessage({ near });
    },
    /** @param {number} row @param {number} rate */
    curve(row, rate) {
      worker?.postMessage({ row, rate });
      sweep?.takeCurve(row, rate);
    },
    stop() {
      worker?.terminate();
      if (sweep) sweep.missing.clear();
    },
  };
}
