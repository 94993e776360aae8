// What the explorer says. `words.py` says the same in Python.
import { REGIMES } from "./runs.js";

/** @typedef {import("./network.js").Settings} Settings */

export const JUMPS = ["too slow", "good", "edge", "too large", "best"];
export const JUMP_RULES = [
  "in the middle of the slow runs below the steady ones",
  "the lowest end of the steady runs, some rates below the edge",
  "the largest rate of the steady band: the next one is not steady",
  "the loss does not come down: in the middle of the stuck or diverged runs, or of the oscillating ones",
  "of all runs the lowest end, by whatever luck",
];
const NO_JUMP = [
  "no run below the steady ones is slow",
  "no run is steady",
  "the steady runs have no edge here",
  "every run beyond the steady ones still learns",
  "no run ends at a finite loss",
];
const STEADY = REGIMES.indexOf("steady");
const BEST = JUMPS.indexOf("best");
export const RULES = {
  slow: "none of the others: the loss still moves, and its end is more than half the first",
  steady: "the end, the median of the last tenth, is at most half the first loss",
  oscillating: "more than a quarter of the steps of the last third are turns, up after down or down after up",
  stuck: "in the second half the loss moves at most a tenth of what it moved in all",
  diverged: "a loss is not finite, or the end is above 10 times the first",
};
/** @type {Record<string, string>} */
const DATA_NAMES = { xor: "exclusive or", moons: "two moons" };
/** @type {Record<string, string>} */
const NETWORK_NAMES = { "seed 1": "derivation A", "seed 2": "derivation B" };

/** @param {number} value */
export const short = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "not finite");
/** @param {number} value */
export const exact = (value) => String(Number(value.toPrecision(4)));

/** Return why a button has nowhere to jump to. @param {number} jump @param {number[]} codes of the runs, −1 of those to come */
export function noJump(jump, codes) {
  if (codes.includes(-1)) return "the runs are being computed";
  if (jump === BEST || codes.includes(STEADY)) return NO_JUMP[jump];
  const only = new Set(codes);
  return only.size === 1 ? `every run is ${REGIMES[codes[0]]}, whatever the rate` : "no run is steady";
}

/** @param {Settings} settings */
export function describe(settings) {
  const deep = settings.network === "seed 2";
  const layers = deep ? "three layers" : "one hidden layer";
  const extra = [
    settings.momentum ? `, momentum ${settings.momentum}` : "",
    settings.batch ? `, batches of ${settings.batch}` : "",
  ].join("");
  return `${deep ? "Derivation B" : "Derivation A"}'s network, ${layers} with ${settings.hidden} hidden units, on ${DATA_NAMES[settings.data]}, first weights from seed ${settings.seed} at scale ${settings.scale}${extra}`;
}

/** Return a run in a line. @param {number} rate @param {ArrayLike<number>} losses @param {number} code */
export function headline(rate, losses, code) {
  const start = `η = ${exact(rate)}: ${REGIMES[code]}; `;
  let [lowest, broken] = [-1, losses.length];
  for (let t = losses.length - 1; t >= 0; t--) {
    if (!Number.isFinite(losses[t])) broken = t;
    else if (lowest < 0 || losses[t] <= losses[lowest]) lowest = t;
  }
  if (lowest < 0) return `${start}the loss is not finite from the start`;
  const ending = broken < losses.length ? `, not finite from step ${broken} on` : "";
  return `${start}lowest loss ${short(losses[lowest])} at step ${lowest}${ending}`;
}

/** Return the line of a run that is still to be predicted. @param {string} run */
export const whatWill = (run) => `${run}: what will the loss do?`;

/** Return the label of a run of `settings` beside those of `shown`. @param {any} pin @param {Settings} shown */
export function pinText(pin, shown) {
  const parts = [`η = ${exact(pin.rate)}`];
  for (const [name, value] of Object.entries(shown)) {
    if (pin[name] === value) continue;
    if (name === "network") parts.push(NETWORK_NAMES[pin[name]]);
    else if (name === "data") parts.push(DATA_NAMES[pin[name]]);
    else if (name === "batch" && !pin[name]) parts.push("no batches");
    else parts.push(`${name === "hidden" ? "h" : name} ${pin[name]}`);
  }
  return parts.join(", ");
}
