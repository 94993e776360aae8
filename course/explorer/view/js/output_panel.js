// What the network says at the step of the cursor: a map of its decision, or its four outputs for exclusive or.
import { contour, region } from "./contour.js";
import { SIDE } from "./details.js";
import { element } from "./dom.js";
import { Network } from "./network.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const THIN = [0.1, 0.3, 0.7, 0.9]; // of thin lines, around the decision at ½
const BORDER = 0.4; // around the examples

/** @typedef {import("./table.js").Table} Table */

export class OutputPanel extends Panel {
  /** @type {{ settings: import("./network.js").Settings, source: import("./network.js").Source }} */
  of;
  /** @type {Record<string, { key: string, network: Network }>} for the examples, and for a grid */
  networks = {};

  /** @param {Element} parent */
  constructor(parent) {
    super(parent, "output");
    this.above = element("path", { class: "above" }, this.plot);
    this.levels = element("path", { class: "level" }, this.plot);
    this.decision = element("path", { class: "decision" }, this.plot);
    this.examples = element("g", {}, this.marks);
  }

  /**
   * Return the outputs for some inputs, with the weights `theta`.
   * @param {string} name @param {number[][]} inputs @param {Float64Array} theta
   */
  outputs(name, inputs, theta) {
    const { settings, source } = this.of;
    const key = JSON.stringify([settings, name]);
    if (this.networks[name]?.key !== key) {
      const examples = { ...source.examples, [settings.data]: { X: inputs, y: inputs.map(() => 0) } };
      this.networks = { ...this.networks, [name]: { key, network: new Network(settings, { ...source, examples }) } };
    }
    const { network } = this.networks[name];
    network.lossAt(theta);
    return network.layers[network.layers.length - 1].value.map((z) => 1 / (1 + Math.exp(-z)));
  }

  /**
   * @param {number} width @param {import("./panel.js").RunView} view @param {Float64Array[]} thetas the weights at each step
   * @param {Table} table
   */
  update(width, view, thetas, table) {
    this.of = { settings: table.shown, source: table.source };
    const { X, y } = table.source.examples[table.shown.data];
    const theta = thetas[view.step];
    for (const path of [this.above, this.levels, this.decision]) path.setAttribute("d", "");
    this.examples.replaceChildren();
    const seen = theta.every(Number.isFinite) && !view.hidden;
    const values = seen ? [...this.outputs("examples", X, theta)] : [];
    if (X.length === 4) this.drawFour(width, X, y, values);
    else this.drawMap(width, X, y, theta, seen);
    this.svg.setAttribute("aria-label", `The network's output at step ${view.step}. ${this.text(X, y, values)}`);
  }

  /** @param {number[][]} X @param {number[]} y @param {number[]} values */
  text(X, y, values) {
    if (!values.length) return "Not to be seen here.";
    if (X.length === 4)
      return `${X.map((x, k) => `${x[0]} and ${x[1]} give ${short(values[k])} for ${y[k]}`).join("; ")}.`;
    const right = values.filter((value, k) => value > 0.5 === y[k] > 0.5).length;
    return `${right} of ${y.length} examples are on their side of the decision.`;
  }

  /** @param {number} width @param {number[][]} X @param {number[]} y @param {number[]} values */
  drawFour(width, X, y, values) {
    this.drawFrame(
      width,
      { low: -0.1, high: 1.1, log: false },
      { low: 4, high: 0, log: false },
      "output ŷ (ring: target)",
      "",
      false,
    );
    X.forEach((x, k) => {
      const at = this.y.at(k + 0.5);
      element("text", { x: this.left - 7, y: at + 4, "text-anchor": "end" }, this.examples).textContent =
        `${x[0]}, ${x[1]}`;
      element("line", { class: "grid", x1: this.left, x2: this.right, y1: at, y2: at }, this.examples);
      element("circle", { class: "target", cx: this.x.at(y[k]), cy: at, r: 8 }, this.examples);
      if (values.length)
        element("circle", { class: "example one", cx: this.x.at(values[k]), cy: at, r: 4.5 }, this.examples);
    });
  }

  /**
   * @param {number} width @param {number[][]} X @param {number[]} y @param {Float64Array} theta @param {boolean} seen
   */
  drawMap(width, X, y, theta, seen) {
    const range = (/** @type {number} */ k) => [
      Math.min(...X.map((x) => x[k])) - BORDER,
      Math.max(...X.map((x) => x[k])) + BORDER,
    ];
    const [[left, right], [low, high]] = [range(0), range(1)];
    this.drawFrame(width, { low: left, high: right, log: false }, { low, high, log: false }, "x₁", "x₂");
    const at = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ k) =>
      from + ((to - from) * k) / (SIDE - 1);
    if (seen) {
      const grid = Array.from({ length: SIDE * SIDE }, (_, k) => [
        at(left, right, k % SIDE),
        at(low, high, Math.floor(k / SIDE)),
      ]);
      const values = this.outputs("grid", grid, theta);
      const x = (/** @type {number} */ i) => this.x.at(at(left, right, i));
      const y = (/** @type {number} */ j) => this.y.at(at(low, high, j));
      this.above.setAttribute("d", region(values, SIDE, 0.5, x, y));
      this.levels.setAttribute("d", THIN.map((level) => contour(values, SIDE, level, x, y)).join(""));
      this.decision.setAttribute("d", contour(values, SIDE, 0.5, x, y));
    }
    X.forEach((x, k) =>
      element(
        "circle",
        { class: `example ${y[k] > 0.5 ? "one" : "zero"}`, cx: this.x.at(x[0]), cy: this.y.at(x[1]), r: 3 },
        this.examples,
      ),
    );
  }
}
