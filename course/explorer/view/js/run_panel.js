// Loss against step: the run shown, the student's own, pinned ones, and where the step cursor is.
import { BAND_SEEDS } from "./details.js";
import { clamp, element } from "./dom.js";
import { Panel } from "./panel.js";
import { short } from "./words.js";

const LONGEST_LABEL = 15; // in characters; the list of pins shows labels whole
const LINE = 14; // pixels between two labels

export class RunPanel extends Panel {
  constructor(parent, dashes) {
    super(parent, "run");
    this.dashes = dashes;
    const line = (name) => element("path", { class: `line ${name}` }, this.plot);
    this.pins = dashes.map((dash, k) => {
      const path = line(`pin pin-${k}`);
      path.setAttribute("stroke-dasharray", dash.join(" "));
      return path;
    });
    this.band = element("path", { class: "band" }, this.plot);
    this.middle = line("middle");
    this.ahead = line("current ahead");
    this.current = line("current");
    this.drawing = line("drawing");
    this.own = line("own");
    this.own.setAttribute("stroke-dasharray", "7 3");
    this.parted = element("g", { class: "parted" }, this.marks);
    element("path", { d: "M-5-5L5 5M-5 5L5-5" }, this.parted);
    element("text", { x: 9, y: -6 }, this.parted).textContent = "they part";
    this.cursor = element("line", { class: "cursor" }, this.marks);
    this.dot = element("circle", { class: "dot", r: 4.5 }, this.marks);
    this.reading = element("text", { class: "reading" }, this.marks);
    this.labels = Array.from({ length: dashes.length + 3 }, () => {
      const group = element("g", { class: "label" }, this.marks);
      return {
        group,
        sample: element("path", { class: "line", d: "M0 0h16" }, group),
        text: element("text", { x: 20, y: 4 }, group),
      };
    });
  }

  frame(width, view) {
    const [low, high] = view.limits;
    const y = { low: view.log ? low : 0, high, log: view.log };
    super.frame(width, { low: 0, high: view.steps, log: false }, y, "step", `loss ${view.name}`);
  }

  update(view) {
    const { losses, step, own, pins } = view;
    const seen = view.hidden ? [] : losses;
    // the curve is thin ahead of the step cursor
    this.current.setAttribute("d", this.curve(seen.slice(0, step + 1)));
    this.ahead.setAttribute("d", step < view.steps ? this.curve(seen) : "");
    for (const path of [this.current, this.ahead]) path.style.setProperty("--c", view.color);
    this.drawing.setAttribute("d", view.drawing ? this.curve(view.drawing) : "");
    this.own.setAttribute("d", view.hidden ? "" : this.curve(own));
    this.pins.forEach((path, k) => {
      path.setAttribute("d", pins[k] ? this.curve(pins[k].losses) : "");
      if (pins[k]) path.style.setProperty("--c", pins[k].color);
    });
    const band = view.hidden ? null : view.band;
    this.band.setAttribute("d", band ? this.area(band.low, band.high) : "");
    this.middle.setAttribute("d", band ? this.curve(band.middle) : "");
    const partsHere = !view.hidden && Number.isInteger(view.part) && Number.isFinite(losses[view.part]);
    this.parted.style.display = partsHere ? "" : "none";
    if (partsHere)
      this.parted.setAttribute("transform", `translate(${this.x.at(view.part)} ${this.height_of(losses[view.part])})`);
    this.drawCursor(view);
    this.drawLabels(view);
  }

  height_of(loss) {
    return clamp(this.y.at(loss), this.top, this.bottom);
  }

  drawCursor({ step, losses, hidden }) {
    const x = this.x.at(step);
    this.vertical(this.cursor, x);
    const loss = losses[step];
    const there = Number.isFinite(loss) && !hidden;
    this.dot.style.display = there ? "" : "none";
    this.reading.textContent = hidden ? "" : `step ${step}: ${short(loss)}`;
    if (!there) return;
    const y = this.height_of(loss);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", y);
    // beside the cursor, in the half of the panel that the curve leaves free
    const left = x > (this.left + this.right) / 2;
    const near = losses
      .slice(Math.max(0, left ? step - 60 : step), left ? step + 1 : step + 60)
      .filter(Number.isFinite);
    const mean = near.reduce((sum, value) => sum + this.height_of(value), 0) / near.length;
    this.reading.setAttribute("x", left ? x - 8 : x + 8);
    this.reading.setAttribute("y", mean < (this.top + this.bottom) / 2 ? this.bottom - 8 : this.top + 12);
    this.reading.setAttribute("text-anchor", left ? "end" : "start");
  }

  drawLabels({ losses, own, pins, rateText, color, hidden, band }) {
    const end = (values) => {
      let k = values.length - 1;
      while (k >= 0 && !Number.isFinite(values[k])) k--;
      return k < 0 ? null : this.height_of(values[k]);
    };
    const wanted = [
      { name: "current", text: own.length ? "true" : rateText, at: hidden ? null : end(losses), color },
      { name: "own", text: "yours", at: hidden ? null : end(own), dashes: "7 3" },
      { name: "middle", text: `seeds 0–${BAND_SEEDS - 1}`, at: hidden || !band ? null : end(band.middle) },
      ...pins.map((pin, k) => ({
        name: "pin",
        text: `${k + 1}: ${pin.text}`,
        at: end(pin.losses),
        dashes: this.dashes[k].join(" "),
        color: pin.color,
      })),
    ].filter((label) => label.at !== null);
    wanted.sort((a, b) => a.at - b.at);
    // labels stand a line apart, all within the panel
    wanted.forEach((label, k) => (label.at = Math.max(label.at, k ? wanted[k - 1].at + LINE : 0)));
    for (let k = wanted.length - 1, floor = this.bottom; k >= 0; k--, floor -= LINE) {
      if (wanted[k].at <= floor) break;
      wanted[k].at = floor;
    }
    this.labels.forEach(({ group, sample, text }, k) => {
      const label = wanted[k];
      group.style.display = label ? "" : "none";
      if (!label) return;
      group.setAttribute("transform", `translate(${this.right + 5} ${label.at.toFixed(1)})`);
      sample.setAttribute("class", `line ${label.name}`);
      sample.setAttribute("stroke-dasharray", label.dashes ?? "none");
      if (label.color) sample.style.setProperty("--c", label.color);
      else sample.style.removeProperty("--c");
      text.textContent = label.text.length > LONGEST_LABEL ? `${label.text.slice(0, LONGEST_LABEL - 1)}…` : label.text;
    });
  }
}
