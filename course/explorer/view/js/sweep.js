// Computes the runs at all learning rates, those nearest to the one shown first: in a Web Worker, or where none is
// allowed in slices on the main thread.
import { DETAILS } from "./details.js";
import { Network } from "./network.js";
import { descend, end, regime } from "./runs.js";

/**
 * @typedef {{ id: number, settings: import("./network.js").Settings, rates: number[], steps: number,
 *   near: number, draws: Record<string, string> }} Job
 * @typedef {{ kind: string, row: number, rate: number }} Question about a run, of a kind of `DETAILS`
 * @typedef {{ id: number, rows: number[], losses: Float64Array[], codes: number[], ends: number[],
 *   detail?: Question & { value: any } }} Part
 * @typedef {import("./network.js").Source} Source
 */

const SLICE = 12; // milliseconds

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
    /** @type {Map<string, { row: number, rate: number, work: Generator<undefined, any> }>} */
    this.asked = new Map();
    this.waiting = false;
  }

  /** Compute this before the other runs, in place of what else of its kind was asked. @param {Question} question */
  ask({ kind, row, rate }) {
    if (!this.job || !this.network) return;
    const source = { ...this.source, draws: this.job.draws };
    this.asked.set(kind, { row, rate, work: DETAILS[kind](this.network, rate, this.job.steps, source) });
    this.wait();
  }

  /** Compute this in place of what is being computed. @param {Job} job */
  take(job) {
    this.job = job;
    this.network = new Network(job.settings, { ...this.source, draws: job.draws });
    this.missing = new Set(job.rates.keys());
    this.asked.clear();
    this.wait();
  }

  wait() {
    if (this.waiting || !(this.missing.size || this.asked.size)) return;
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
    for (const [kind, { row, rate, work }] of this.asked) {
      while (!part.detail && performance.now() < until) {
        const { done, value } = work.next();
        if (done) part.detail = { kind, row, rate, value };
      }
      if (part.detail) this.asked.delete(kind);
      break;
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
  /** @type {Map<string, Question>} by kind, about the last job */
  const questions = new Map();
  const alone = () => {
    worker?.terminate();
    worker = null;
    sweep = new Sweep(source, receive);
    say("This page may start no worker, so its runs are computed in between: all works, a little slower.");
    if (last) sweep.take(last);
    for (const question of questions.values()) sweep.ask(question);
  };
  try {
    const text = `${code}\nconst sweep = new Sweep(${JSON.stringify({ draws: {}, examples: source.examples })}, (part) => postMessage(part, part.losses.map((l) => l.buffer)));
      onmessage = ({ data }) => {
        if (data.settings) sweep.take(data);
        else if (data.kind) sweep.ask(data);
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
      questions.clear();
      if (worker) worker.postMessage(job);
      else sweep?.take(job);
    },
    /** @param {number} near */
    near(near) {
      if (last) last.near = near;
      worker?.postMessage({ near });
    },
    /** @param {Question} question */
    ask(question) {
      questions.set(question.kind, question);
      worker?.postMessage(question);
      sweep?.ask(question);
    },
    stop() {
      worker?.terminate();
      sweep?.missing.clear();
      sweep?.asked.clear();
    },
  };
}
