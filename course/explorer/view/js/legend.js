// The legend of the five regimes, each with its rule.
import { element, html } from "./dom.js";
import { MARKS } from "./rates_panel.js";
import { RULES } from "./words.js";

/** @type {(keyof typeof RULES)[]} */
const LEGEND = ["slow", "steady", "oscillating", "stuck", "diverged"];

/** @param {Element} root @param {import("./rates_panel.js").Palette} palette */
export function drawLegend(root, palette) {
  const legend = html("ul", { class: "legend", "aria-label": "the five regimes" }, root);
  for (const name of LEGEND) {
    const [color, mark] = palette.regimes[name];
    const item = html("li", { title: RULES[name], style: `--c: ${color}` }, legend);
    const sample = element("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, item);
    element("path", { class: `mark mark-${mark}`, d: MARKS[mark] }, sample);
    item.append(name);
  }
}
