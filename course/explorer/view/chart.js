// The chart of the loss explorer. The browser holds all curves, so moving among them does not wait for Python:
// it changes `index`, `step` and `pins` itself, and draws at most once per frame.

const MARGIN = { left: 58, right: 112, top: 16, bottom: 34 };
const HEIGHT = { run: 270, rates: 190, curvature: 150 };
const MOST_PINS = 4;
const LONGEST_LABEL = 15; // in characters; the list of pins shows labels whole
const SETTLED = 300; // milliseconds without a move, after which the headline is read out
const RESTED = 100; // milliseconds without a move, after which the exact rate is shown and sent to Python
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);
const STEPS_PER_SECOND = 60;
const STRIDE = 25; // steps at once, twice a second, for users who prefer reduced motion
const MARKS = {
  o: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  s: "M-2.6-2.6h5.2v5.2h-5.2Z",
  D: "M0-3.8L3.8 0L0 3.8L-3.8 0Z",
  X: "M-3-3L3 3M-3 3L3-3",
  v: "M-3.6-2.8h7.2L0 3.6Z",
};

const short = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "not finite");
const exact = (value) => String(Number(value.toPrecision(4)));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

function element(name, attributes, parent) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
}

function html(name, attributes, parent) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
}

// ---- the state: which trait follows from which, without Python

const pinnedAt = (model, index) => model.get("pins").findIndex((pin) => pin.index === index);

// Send moves to Python when the slider rests, or when the user does something else. Sent one by one, each would
// be two messages out and six back, and handling those takes the browser as long as a frame.
async function delaySaving(model, signal) {
  const waiting = new Map();
  const send = (save) => {
    clearTimeout(waiting.get(save));
    waiting.delete(save);
    save();
  };
  const models = await Promise.all(model.get("moved").map((id) => model.widget_manager.get_model(id)));
  for (const widget of models) {
    const save = widget.save_changes.bind(widget);
    widget.save_changes = () => {
      clearTimeout(waiting.get(save));
      waiting.set(save, setTimeout(send, RESTED, save));
    };
  }
  const interrupt = (event) => {
    if (!MOVES.has(event.key)) [...waiting.keys()].forEach(send);
  };
  for (const kind of ["pointerdown", "keydown", "focusout"]) {
    document.addEventListener(kind, interrupt, { capture: true, signal });
  }
  return () => models[0].save_changes();
}

function initialize({ model }) {
  const closing = new AbortController();
  let resting = 0;
  let delaying = null;
  let saveMove = () => model.save_changes();
  // Not before the first move: by then all controls are there.
  const moves = () => {
    if (model.get("moved").length) delaying ??= delaySaving(model, closing.signal).then((save) => (saveMove = save));
    saveMove();
  };
  // The number beside the slider follows when the slider rests: each change of it is a message to Python.
  const showRate = () => {
    const rate = model.get("rates")[model.get("index")];
    if (rate === undefined || rate === model.get("rate")) return;
    model.set("rate", rate);
    model.save_changes();
  };
  const typed = () => {
    const rate = model.get("rate");
    if (rate === model.get("rates")[model.get("index")]) return;
    model.set("asked", [rate, model.get("asked")[1] + 1]);
    model.save_changes();
  };
  const follow = () => {
    clearTimeout(resting);
    resting = setTimeout(showRate, RESTED);
    const index = model.get("index");
    const landmark = model.get("landmarks").indexOf(index);
    model.set("jump", landmark < 0 ? null : landmark);
    model.set("pinned", pinnedAt(model, index) >= 0);
    moves();
  };
  const jump = () => {
    const index = model.get("landmarks")[model.get("jump")];
    if (index === undefined || index === model.get("index")) return;
    model.set("index", index);
    model.save_changes();
  };
  const pin = () => {
    const index = model.get("index");
    const place = pinnedAt(model, index);
    if (model.get("pinned") === place >= 0) return;
    const pins = model.get("pins").filter((_, k) => k !== place);
    if (place < 0 && pins.length < MOST_PINS) pins.push({ index });
    else if (place < 0) model.set("status", `${MOST_PINS} runs are pinned; unpin one to pin another`);
    model.set("pins", pins);
    model.set("pinned", pins.some((pin) => pin.index === index));
    model.save_changes();
  };
  // Do what a button asks for, and release it. Releasing has to wait: while a link passes the press on to the
  // chart, it passes nothing back.
  const button = (asked, act) => {
    const done = () => {
      act();
      model.set(asked, false);
      model.save_changes();
    };
    model.on(`change:${asked}`, () => model.get(asked) && queueMicrotask(done));
  };
  const count = (name) => () => model.set(name, model.get(name) + 1);
  button("clear", () => model.set("pins", []));
  button("saving", count("saves"));
  button("resetting", count("resets"));
  model.on("change:index change:rates change:landmarks change:pins", follow);
  model.on("change:rate", typed);
  model.on("change:answered", showRate);
  model.on("change:jump", jump);
  model.on("change:pinned", pin);
  play(model, moves);
  return () => closing.abort();
}

function play(model, moves) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let last = 0;
  const next = (now) => {
    if (!model.get("playing")) return;
    const [step, steps] = [model.get("step"), model.get("steps")];
    const moved = calm ? STRIDE : Math.floor(((now - last) / 1000) * STEPS_PER_SECOND);
    if (moved > 0) {
      last = now;
      model.set("step", Math.min(step + moved, steps));
      if (step + moved >= steps) model.set("playing", false);
      moves();
    }
    wait();
  };
  const wait = () => (calm ? setTimeout(() => next(performance.now()), 500) : requestAnimationFrame(next));
  model.on("change:playing", () => {
    if (!model.get("playing")) return;
    if (model.get("step") >= model.get("steps")) {
      model.set("step", 0);
      model.save_changes();
    }
    last = performance.now();
    wait();
  });
}

// ---- scales and axes

function logTicks(low, high, room) {
  const decades = [];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  for (let e = first; e <= Math.log10(high) + 1e-9; e++) decades.push(e);
  if (decades.length < 2) {
    const some = [];
    for (let e = first - 1; e <= Math.log10(high) + 1; e++)
      for (const m of [1, 2, 5]) if (m * 10 ** e >= low && m * 10 ** e <= high) some.push(m * 10 ** e);
    return some;
  }
  const every = Math.ceil(decades.length / Math.max(2, room));
  return decades.filter((e) => e % every === 0).map((e) => 10 ** e);
}

function linearTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++) ticks.push(k * step);
  return ticks;
}

function scale(low, high, from, to, log) {
  const map = log ? Math.log : (v) => v;
  const [a, b] = [map(low), map(high)];
  const at = (value) => {
    if (log && value <= 0) return to < from ? from + 1e4 : from - 1e4;
    return clamp(from + ((map(value) - a) / (b - a)) * (to - from), -1e4, 1e4);
  };
  const back = (pixel) => {
    const v = a + ((pixel - from) / (to - from)) * (b - a);
    return log ? Math.exp(v) : v;
  };
  return { at, back, low, high, log };
}

function tickText(value) {
  const e = Math.log10(value);
  if (value && (e >= 5 || e < -3)) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

class Panel {
  // One set of axes; `back`, `front` and `plot` are clipped to it, `marks` are not.
  constructor(parent, kind) {
    this.height = HEIGHT[kind];
    this.svg = element("svg", { class: `loss-panel ${kind}`, role: "img", height: this.height }, parent);
    const id = `clip-${Math.random().toString(36).slice(2)}`;
    this.clip = element("rect", {}, element("clipPath", { id }, element("defs", {}, this.svg)));
    this.grid = element("g", {}, this.svg);
    this.back = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.axes = element("g", { class: "axes" }, this.svg);
    this.front = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.plot = element("g", { "clip-path": `url(#${id})` }, this.svg);
    this.marks = element("g", {}, this.svg);
  }

  frame(width, x, y, xTitle, yTitle) {
    const [left, right] = [MARGIN.left, width - MARGIN.right];
    const [top, bottom] = [MARGIN.top, this.height - MARGIN.bottom];
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    for (const [key, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top }))
      this.clip.setAttribute(key, value);
    this.x = scale(x.low, x.high, left, right, x.log);
    this.y = scale(y.low, y.high, bottom, top, y.log);
    // for tests, which read the curves back: the ends of both axes, as data and in pixels
    Object.assign(this.svg.dataset, {
      x: `${x.low} ${x.high} ${left} ${right} ${x.log ? "log" : "linear"}`,
      y: `${y.low} ${y.high} ${bottom} ${top} ${y.log ? "log" : "linear"}`,
    });
    this.axes.replaceChildren();
    this.grid.replaceChildren();
    this.back.replaceChildren();
    this.front.replaceChildren();
    const ticks = (s, room) => (s.log ? logTicks(s.low, s.high, room) : linearTicks(s.low, s.high, room));
    for (const value of ticks(this.y, (bottom - top) / 36)) {
      const at = this.y.at(value);
      element("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }, this.grid);
      element("text", { x: left - 7, y: at + 4, "text-anchor": "end" }, this.axes).textContent = tickText(value);
    }
    for (const value of ticks(this.x, (right - left) / 60)) {
      const at = this.x.at(value);
      element("line", { class: "tick", x1: at, x2: at, y1: bottom, y2: bottom + 4 }, this.axes);
      element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, this.axes).textContent = tickText(value);
    }
    element("path", { class: "frame", d: `M${left} ${top}V${bottom}H${right}` }, this.axes);
    const middle = (left + right) / 2;
    element("text", { class: "title", x: middle, y: this.height - 4, "text-anchor": "middle" }, this.axes).textContent =
      xTitle;
    const turned = `translate(13 ${(top + bottom) / 2}) rotate(-90)`;
    element("text", { class: "title", transform: turned, "text-anchor": "middle" }, this.axes).textContent = yTitle;
    Object.assign(this, { left, right, top, bottom });
  }

  curve(values, every = 1) {
    let d = "";
    let pen = "M";
    for (let t = 0; t < values.length; t++) {
      if (!Number.isFinite(values[t])) {
        pen = "M";
        continue;
      }
      d += `${pen}${this.x.at(t * every).toFixed(1)} ${this.y.at(values[t]).toFixed(2)}`;
      pen = "L";
    }
    return d;
  }
}

// ---- the chart

function render({ model, el }) {
  const root = html("div", { class: "loss-chart" }, el);
  const title = html("p", { class: "title" }, root);
  const headline = html("p", { class: "headline", role: "status", "aria-live": "polite", "aria-atomic": "true" }, root);
  const panels = html("div", { class: "panels" }, root);
  const run = new Panel(panels, "run");
  const rates = new Panel(panels, "rates");
  const curvature = new Panel(panels, "curvature");
  const pinList = html("ul", { class: "pins", "aria-label": "pinned runs" }, root);
  const foot = html("p", { class: "foot" }, root);
  const bar = html("progress", { max: 1, "aria-label": "curves computed" }, foot);
  const status = html("span", { class: "status", role: "status" }, foot);

  const palette = model.get("palette");
  for (const name of ["current", "own", "limit"]) root.style.setProperty(`--${name}`, palette[name]);
  palette.pins.forEach(([color], k) => root.style.setProperty(`--pin-${k}`, color));

  // What changes with every frame is created once, and only updated afterwards.
  const line = (name, panel) => element("path", { class: `line ${name}` }, panel.plot);
  const pinLines = palette.pins.map(([, dashes], k) => {
    const path = line(`pin pin-${k}`, run);
    path.setAttribute("stroke-dasharray", dashes.join(" "));
    return path;
  });
  const ahead = line("current ahead", run);
  const current = line("current", run);
  const own = line("own", run);
  own.setAttribute("stroke-dasharray", "7 3");
  const partedMark = element("g", { class: "parted" }, run.marks);
  element("path", { d: "M-5-5L5 5M-5 5L5-5" }, partedMark);
  element("text", { x: 9, y: -6 }, partedMark).textContent = "they part";
  const cursor = element("line", { class: "cursor" }, run.marks);
  const dot = element("circle", { class: "dot", r: 4.5 }, run.marks);
  const reading = element("text", { class: "reading" }, run.marks);
  const labels = Array.from({ length: MOST_PINS + 2 }, () => {
    const group = element("g", { class: "label" }, run.marks);
    return { group, sample: element("path", { class: "line", d: "M0 0h16" }, group), text: element("text", { x: 20, y: 4 }, group) };
  });
  const rateCursor = element("line", { class: "cursor" }, rates.marks);
  const rateDot = element("circle", { class: "dot", r: 5 }, rates.marks);
  const pinMarks = palette.pins.map((_, k) => element("path", { class: `pin-mark pin-${k}`, d: "M0 0L-6-11H6Z" }, rates.marks));
  const curvatureLine = line("current", curvature);
  const curvatureCursor = element("line", { class: "cursor" }, curvature.marks);
  const curvatureReading = element("text", { class: "reading" }, curvature.marks);

  let data = {};
  let width = 0;
  let framed = false;
  let waiting = 0;
  let quiet = 0;

  function read() {
    const steps = model.get("steps");
    const known = model.get("known");
    data = {
      steps,
      n: steps + 1,
      rates: model.get("rates"),
      losses: floats(model.get("losses")),
      own: floats(model.get("own_losses")),
      known: new Uint8Array(known.buffer, known.byteOffset, known.byteLength),
      regimes: model.get("regimes"),
      limits: model.get("limits"),
      curvatures: floats(model.get("curvatures")),
      every: model.get("kept_every"),
      name: model.get("loss_name"),
    };
  }

  const row = (index) => data.losses.subarray(index * data.n, (index + 1) * data.n);
  const isKnown = (index) => (data.known[index] & 1) > 0;
  const ownRow = (index) => (data.known[index] & 2 ? data.own.subarray(index * data.n, (index + 1) * data.n) : []);

  function frame() {
    const log = model.get("log");
    const [low, high] = data.limits;
    const y = { low: log ? low : 0, high, log };
    const steps = { low: 0, high: data.steps, log: false };
    const all = { low: data.rates[0], high: data.rates.at(-1), log: true };
    title.textContent = model.get("title");
    run.frame(width, steps, y, "step", `loss ${data.name}`);
    rates.frame(width, all, y, "learning rate η", `final loss ${data.name}`);
    drawRegimes();
    const showCurvature = model.get("show_curvature");
    curvature.svg.style.display = showCurvature ? "" : "none";
    if (showCurvature) {
      curvature.frame(width, steps, { low: 0, high: 4, log: false }, "step", "η · λ_max");
      const two = curvature.y.at(2);
      element("line", { class: "limit", x1: curvature.left, x2: curvature.right, y1: two, y2: two }, curvature.back);
      element("text", { x: curvature.right + 6, y: two + 4 }, curvature.axes).textContent = "2, the limit";
    }
    data.regimeText = regimeText();
    drawPinList();
    framed = true;
  }

  function drawRegimes() {
    const edge = (k) => rates.x.at(Math.sqrt(data.rates[k - 1] * data.rates[k]));
    for (const { name, from, to } of stretches()) {
      const [color, mark] = palette.regimes[name];
      const left = from === 0 ? rates.left : edge(from);
      const right = to === data.rates.length ? rates.right : edge(to);
      const box = { x: left, y: rates.top, width: right - left, height: rates.bottom - rates.top };
      element("rect", { class: "regime", style: `--c: ${color}`, "data-regime": name, ...box }, rates.back);
      if (right - left > 13) {
        const wide = right - left > name.length * 7 + 6;
        const place = wide ? `translate(${(left + right) / 2} ${rates.bottom - 6})` : `translate(${(left + right) / 2 + 4} ${rates.bottom - 5}) rotate(-90)`;
        element("text", { class: "regime-name", transform: place, "text-anchor": wide ? "middle" : "start" }, rates.front).textContent = name;
      }
      for (let k = from; k < to; k++) {
        const last = row(k)[data.steps];
        const at = Number.isFinite(last) ? clamp(rates.y.at(last), rates.top + 5, rates.bottom - 5) : rates.top + 5;
        const place = `translate(${rates.x.at(data.rates[k]).toFixed(2)} ${at.toFixed(2)})`;
        element("path", { class: `mark mark-${mark}`, style: `--c: ${color}`, d: MARKS[mark], transform: place }, rates.back);
      }
    }
  }

  function stretches() {
    const result = [];
    data.regimes.forEach((name, k) => {
      if (!name) return;
      const last = result.at(-1);
      if (last && last.name === name && last.to === k) last.to = k + 1;
      else result.push({ name, from: k, to: k + 1 });
    });
    return result;
  }

  const pinValues = (pin) => (pin.index === undefined ? pin.losses : isKnown(pin.index) ? row(pin.index) : []);
  const pinText = (pin) => (pin.index === undefined ? pin.label : `η = ${exact(data.rates[pin.index])}`);
  const pinRate = (pin) => (pin.index === undefined ? pin.rate : data.rates[pin.index]);

  function draw() {
    waiting = 0;
    if (width < 50 || !data.limits?.length) return;
    if (!framed) frame();
    const index = model.get("index");
    const step = clamp(model.get("step"), 0, data.steps);
    const losses = isKnown(index) ? row(index) : new Float32Array();
    const yours = ownRow(index);
    const pins = model.get("pins");
    const part = model.get("parts")[index];
    const headlineText = model.get("headlines")[index] || `η = ${exact(data.rates[index])}: being computed`;

    // the curve is faint ahead of the step cursor
    current.setAttribute("d", run.curve(losses.subarray(0, step + 1)));
    ahead.setAttribute("d", step < data.steps ? run.curve(losses) : "");
    own.setAttribute("d", run.curve(yours));
    root.classList.toggle("has-own", yours.length > 0);
    const partsHere = Number.isInteger(part) && Number.isFinite(losses[part]);
    partedMark.style.display = partsHere ? "" : "none";
    if (partsHere) partedMark.setAttribute("transform", `translate(${run.x.at(part)} ${clamp(run.y.at(losses[part]), run.top, run.bottom)})`);
    pinLines.forEach((path, k) => path.setAttribute("d", pins[k] ? run.curve(pinValues(pins[k])) : ""));
    drawLabels(index, losses, yours, pins);
    drawCursors(index, step, losses, pins);
    if (model.get("show_curvature")) drawCurvature(index, step);

    if (headline.textContent !== headlineText) headline.textContent = headlineText;
    const pinned = pins.length ? ` Pinned: ${pins.map(pinText).join(", ")}.` : "";
    const here = Number.isFinite(losses[step]) ? ` At step ${step} the loss is ${short(losses[step])}.` : "";
    run.svg.setAttribute("aria-label", `Loss against step. ${headlineText}.${here}${pinned}`);
    rates.svg.setAttribute("aria-label", `Final loss against learning rate. ${data.regimeText} The cursor is at η = ${exact(data.rates[index])}.`);
    pins.forEach((pin, k) => namePin(pinList.children[k], pin));
    nameSlider(index, headlineText);
    root.dataset.index = index;
    root.dataset.step = step;
    // screen readers wait until the slider rests
    headline.setAttribute("aria-busy", "true");
    clearTimeout(quiet);
    quiet = setTimeout(() => headline.removeAttribute("aria-busy"), SETTLED);
  }

  function drawLabels(index, losses, yours, pins) {
    const end = (values) => {
      let k = values.length - 1;
      while (k >= 0 && !Number.isFinite(values[k])) k--;
      return k < 0 ? null : clamp(run.y.at(values[k]), run.top, run.bottom);
    };
    const wanted = [
      { name: "current", text: yours.length ? "true" : `η = ${exact(data.rates[index])}`, at: end(losses) },
      { name: "own", text: "yours", at: end(yours), dashes: "7 3" },
      ...pins.map((pin, k) => ({ name: `pin pin-${k}`, text: pinText(pin), at: end(pinValues(pin)), dashes: palette.pins[k][1].join(" ") })),
    ].filter((label) => label.at !== null);
    wanted.sort((a, b) => a.at - b.at);
    // labels stand a line apart, all within the panel
    wanted.forEach((label, k) => (label.at = Math.max(label.at, k ? wanted[k - 1].at + 14 : 0)));
    for (let k = wanted.length - 1, floor = run.bottom; k >= 0; k--, floor -= 14) {
      if (wanted[k].at <= floor) break;
      wanted[k].at = floor;
    }
    labels.forEach(({ group, sample, text }, k) => {
      const label = wanted[k];
      group.style.display = label ? "" : "none";
      if (!label) return;
      group.setAttribute("transform", `translate(${run.right + 5} ${label.at.toFixed(1)})`);
      sample.setAttribute("class", `line ${label.name}`);
      sample.setAttribute("stroke-dasharray", label.dashes ?? "none");
      text.textContent = label.text.length > LONGEST_LABEL ? `${label.text.slice(0, LONGEST_LABEL - 1)}…` : label.text;
    });
  }

  function vertical(node, panel, at) {
    for (const [key, value] of Object.entries({ x1: at, x2: at, y1: panel.top, y2: panel.bottom })) node.setAttribute(key, value);
  }

  function drawCursors(index, step, losses, pins) {
    const x = run.x.at(step);
    vertical(cursor, run, x);
    const loss = losses[step];
    dot.style.display = Number.isFinite(loss) ? "" : "none";
    if (Number.isFinite(loss)) {
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", clamp(run.y.at(loss), run.top, run.bottom));
    }
    const leftSide = x > (run.left + run.right) / 2;
    reading.setAttribute("x", leftSide ? x - 7 : x + 7);
    reading.setAttribute("y", run.top + 11);
    reading.setAttribute("text-anchor", leftSide ? "end" : "start");
    reading.textContent = losses.length ? `step ${step}: ${short(loss)}` : "";
    const at = rates.x.at(data.rates[index]);
    vertical(rateCursor, rates, at);
    const last = losses[data.steps];
    rateDot.setAttribute("cx", at);
    rateDot.setAttribute("cy", Number.isFinite(last) ? clamp(rates.y.at(last), rates.top + 5, rates.bottom - 5) : rates.top + 5);
    rateDot.style.display = losses.length ? "" : "none";
    pinMarks.forEach((mark, k) => {
      const rate = pins[k] && pinRate(pins[k]);
      const inside = rate >= data.rates[0] && rate <= data.rates.at(-1);
      mark.style.display = inside ? "" : "none";
      mark.classList.toggle("frozen", inside && pins[k].index === undefined);
      if (inside) mark.setAttribute("transform", `translate(${rates.x.at(rate)} ${rates.top})`);
    });
  }

  function drawCurvature(index, step) {
    const columns = Math.floor(data.steps / data.every) + 1;
    const values = data.curvatures.subarray(index * columns, (index + 1) * columns);
    curvatureLine.setAttribute("d", curvature.curve(values, data.every));
    vertical(curvatureCursor, curvature, curvature.x.at(step));
    const value = values[Math.round(step / data.every)];
    const known = Number.isFinite(value);
    curvatureReading.setAttribute("x", curvature.right + 6);
    curvatureReading.setAttribute("y", curvature.top + 11);
    curvatureReading.textContent = known ? `here ${short(value)}` : "";
    const peak = values.reduce((most, v) => (v > most ? v : most), -Infinity);
    const text = Number.isFinite(peak) ? `At most ${short(peak)}${known ? `, at step ${step} about ${short(value)}` : ""}.` : "Not known yet.";
    curvature.svg.setAttribute("aria-label", `η times the largest curvature against step, with the limit at 2. ${text}`);
  }

  function regimeText() {
    return stretches()
      .map(({ name, from, to }) => `${name} from ${exact(data.rates[from])} to ${exact(data.rates[to - 1])}`)
      .join("; ") + ".";
  }

  // The slider's handle is ipywidgets' own; it would be read out as a bare index.
  let handle = null;
  function nameSlider(index, text) {
    if (!handle?.isConnected) handle = root.closest(".loss-explorer")?.querySelector(".learning-rate .noUi-handle");
    if (!handle) return;
    handle.setAttribute("aria-label", "learning rate η");
    handle.setAttribute("aria-valuetext", text);
  }

  // ---- pinned runs, as a list that the keyboard reaches

  function setPins(pins) {
    model.set("pins", pins);
    model.save_changes();
  }

  function movePin(k, index) {
    const pins = model.get("pins");
    const to = clamp(index, 0, data.rates.length - 1);
    if (pins[k]?.index === undefined || pins[k].index === to) return;
    if (pins.some((pin, other) => other !== k && pin.index === to)) return;
    setPins(pins.map((pin, other) => (other === k ? { index: to } : pin)));
  }

  function namePin(item, pin) {
    if (!item) return;
    const handle = item.querySelector(".pin-handle");
    handle.textContent = pinText(pin);
    item.querySelector("button").setAttribute("aria-label", `unpin ${pinText(pin)}`);
    if (pin.index === undefined) return;
    handle.setAttribute("aria-valuenow", pin.index);
    handle.setAttribute("aria-valuetext", model.get("headlines")[pin.index] || pinText(pin));
  }

  function drawPinList() {
    const pins = model.get("pins");
    const shape = pins.map((pin) => (pin.index === undefined ? pin.label : "moves")).join("|");
    if (pinList.dataset.shape === shape) return;
    pinList.dataset.shape = shape;
    pinList.replaceChildren();
    pins.forEach((pin, k) => {
      const item = html("li", { class: `pin pin-${k}` }, pinList);
      const swatch = element("svg", { width: 24, height: 10, "aria-hidden": "true" }, item);
      element("path", { class: `line pin pin-${k}`, d: "M0 5h24", "stroke-dasharray": palette.pins[k][1].join(" ") }, swatch);
      const slider = { role: "slider", tabindex: 0, "aria-label": `pinned run ${k + 1}`, "aria-valuemin": 0, "aria-valuemax": data.rates.length - 1 };
      const handle = html("span", { class: "pin-handle", ...(pin.index === undefined ? {} : slider) }, item);
      const button = html("button", { type: "button", title: "unpin" }, item);
      button.textContent = "×";
      button.addEventListener("click", () => setPins(model.get("pins").filter((_, other) => other !== k)));
      handle.addEventListener("keydown", (event) => {
        const at = model.get("pins")[k].index;
        const moves = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 12, PageUp: at + 12, Home: 0, End: data.rates.length - 1 };
        if (event.key === "Delete") button.click();
        else if (event.key in moves) movePin(k, moves[event.key]);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
    });
  }

  // ---- dragging

  function dragged(node, move) {
    const place = (event) => move(event.clientX - node.closest("svg").getBoundingClientRect().left);
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      node.setPointerCapture(event.pointerId);
      event.stopPropagation();
      place(event);
    });
    node.addEventListener("pointermove", (event) => {
      if (node.hasPointerCapture(event.pointerId)) place(event);
    });
  }

  function put(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }

  const stepAt = (panel) => (x) => put("step", clamp(Math.round(panel.x.back(x)), 0, data.steps));
  const rateAt = (x) => {
    const wanted = Math.log(rates.x.back(x));
    let best = 0;
    data.rates.forEach((rate, k) => {
      if (Math.abs(Math.log(rate) - wanted) < Math.abs(Math.log(data.rates[best]) - wanted)) best = k;
    });
    return best;
  };
  dragged(run.svg, (x) => stepAt(run)(x));
  dragged(curvature.svg, (x) => stepAt(curvature)(x));
  dragged(rates.svg, (x) => put("index", rateAt(x)));
  pinMarks.forEach((mark, k) => dragged(mark, (x) => movePin(k, rateAt(x))));

  // An arrow key moves the slider and must not be Jupyter's shortcut that folds cells; Ctrl+S stays Jupyter's.
  // Jupyter looks at the focused element first, so that is the one to mark.
  const keep = ({ target, ctrlKey, metaKey, altKey, shiftKey }) => {
    if (!(root.closest(".loss-explorer") ?? root).contains(target)) return;
    target.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey || altKey || shiftKey));
  };
  window.addEventListener("keydown", keep, true);

  // ---- one drawing a frame, however much has changed

  const schedule = () => (waiting ||= requestAnimationFrame(draw));
  const again = () => {
    framed = false;
    schedule();
  };
  const news = () => {
    read();
    again();
  };
  const showStatus = () => {
    status.textContent = model.get("status");
    bar.value = model.get("progress");
    bar.style.display = model.get("progress") < 1 ? "" : "none";
  };
  const pinsChanged = () => {
    drawPinList();
    schedule();
  };
  const listeners = [
    ["change:index change:step", schedule],
    ["change:pins", pinsChanged],
    ["change:log change:show_curvature", again],
    ["change:losses change:own_losses change:known change:rates change:regimes change:headlines change:limits", news],
    ["change:curvatures change:title change:loss_name change:steps", news],
    ["change:status change:progress", showStatus],
  ];
  for (const [names, listener] of listeners) model.on(names, listener);
  const observer = new ResizeObserver(([entry]) => {
    if (Math.floor(entry.contentRect.width) === width) return;
    width = Math.floor(entry.contentRect.width);
    again();
  });
  observer.observe(panels);
  read();
  showStatus();
  schedule();
  return () => {
    window.removeEventListener("keydown", keep, true);
    observer.disconnect();
    cancelAnimationFrame(waiting);
    clearTimeout(quiet);
    for (const [names, listener] of listeners) model.off(names, listener);
  };
}

export default { initialize, render };
