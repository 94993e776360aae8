// Takes the notebook's place on a page: a model that reports changes, the controls, and the state in the URL's hash.
import { render } from "./chart.js";
import { nearestRate } from "./runs.js";
import { initialize, tableOf } from "./state.js";
import { SETTINGS } from "./table.js";

const WRITTEN = 250; // milliseconds without a change, after which the hash is written
const VIEW = ["step", "log", "band", "predict"]; // as numbers
const CHECKED = ["log", "band", "predict"];

class PageModel {
  constructor(state) {
    this.state = {
      ...state,
      own_losses: new DataView(new ArrayBuffer(0)),
      own_known: new DataView(new ArrayBuffer(0)),
    };
    this.listeners = new Map();
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    for (const listener of [...(this.listeners.get(`change:${name}`) ?? [])]) listener();
  }

  save_changes() {}

  on(names, listener) {
    for (const name of names.split(" ")) this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  off(names, listener) {
    for (const name of names.split(" "))
      this.listeners.set(
        name,
        (this.listeners.get(name) ?? []).filter((other) => other !== listener),
      );
  }
}

// ---- the hash

const CHOICES = {
  network: (text) => ["seed 1", "seed 2"].includes(text),
  data: (text) => ["xor", "moons"].includes(text),
  hidden: (value) => Number.isInteger(value) && value >= 1 && value <= 6,
  scale: (value) => value > 0 && value <= 100,
  seed: (value) => Number.isInteger(value) && SOURCE.draws[value] !== undefined,
  momentum: (value) => value >= 0 && value < 1,
  batch: (value) => Number.isInteger(value) && value >= 0,
};

function settingOf(name, text) {
  const value = name === "network" || name === "data" ? text : Number(text);
  return CHOICES[name](value) ? value : undefined;
}

function hashOf(model) {
  const table = tableOf(model);
  const parts = new URLSearchParams();
  for (const name of SETTINGS) parts.set(name, model.get(name));
  parts.set("rate", table.rates[model.get("index")]);
  for (const name of VIEW) parts.set(name, Number(model.get(name)));
  parts.set("panel", model.get("panel"));
  const pins = model.get("pins").map((pin) => [pin.rate, ...SETTINGS.map((name) => pin[name])].join(","));
  parts.set("pins", pins.join(";"));
  return parts.toString();
}

function pinsOf(text) {
  return text.split(";").filter(Boolean).slice(0, 4).map((part) => {
    const [rate, ...values] = part.split(",");
    const settings = Object.fromEntries(SETTINGS.map((name, k) => [name, settingOf(name, values[k] ?? "")]));
    return Number(rate) > 0 && Number.isFinite(Number(rate)) && Object.values(settings).every((value) => value !== undefined) ? { rate: Number(rate), ...settings } : null;
  }); // prettier-ignore
}

// Set the model to what a hash says; return the names of what it cannot mean.
function readHash(model, text) {
  const parts = new URLSearchParams(text);
  const wrong = [];
  for (const [name, part] of parts) {
    if (name in CHOICES) {
      const value = settingOf(name, part);
      if (value === undefined) wrong.push(name);
      else model.set(name, value);
    } else if (VIEW.includes(name)) {
      const value = part === "" ? NaN : Number(part);
      if (name === "step" && Number.isInteger(value) && value >= 0 && value <= model.get("steps"))
        model.set(name, value);
      else if (name !== "step" && (value === 0 || value === 1)) model.set(name, value === 1);
      else wrong.push(name);
    } else if (name === "panel" && model.get("choices").panel.includes(part)) {
      model.set(name, part);
    } else if (name === "pins") {
      const pins = pinsOf(part);
      if (pins.includes(null)) wrong.push(name);
      model.set(
        "pins",
        pins.filter((pin) => pin !== null),
      );
    } else if (name !== "rate") wrong.push(name);
  }
  return wrong;
}

function readRate(model, text) {
  const part = new URLSearchParams(text).get("rate");
  if (part === null) return [];
  const [rate, { rates }] = [Number(part), tableOf(model)];
  if (!(rate >= rates[0] / 2 && rate <= rates.at(-1) * 2)) return ["rate"];
  const index = nearestRate(rates, rate);
  if (rates[index] !== rate) model.set("exact", { ...model.get("exact"), [index]: rate });
  model.set("index", index);
  return [];
}

function keepHash(model) {
  let [waiting, own] = [0, ""];
  // moves along a slider are no pages to go back to
  const place = (hash) => hash.replace(/&(rate|step)=[^&]*/g, "");
  const write = () => {
    const last = own;
    own = `#${hashOf(model)}`;
    if (own === location.hash) return;
    try {
      if (last && place(last) !== place(own)) history.pushState(null, "", own);
      else history.replaceState(null, "", own);
    } catch {
      // a page inside a notebook has no address of its own
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, WRITTEN);
  };
  const read = async () => {
    if (location.hash === own || location.hash.length < 2) return;
    const text = location.hash.slice(1);
    const wrong = readHash(model, text);
    await Promise.resolve(); // the runs of the new problem begin meanwhile
    wrong.push(...readRate(model, text));
    if (wrong.length)
      tableOf(model).say(
        `Of this address, these parts say nothing here: ${[...new Set(wrong)].join(", ").slice(0, 120)}.`,
      );
  };
  model.on([...SETTINGS, "index", "exact", "pins", "panel", ...VIEW].map((name) => `change:${name}`).join(" "), soon);
  window.addEventListener("hashchange", read);
  return read();
}

// ---- the controls

function control(model, form) {
  const table = tableOf(model);
  const fields = form.elements;
  const { index, rate, step, pinned, clear, playing } = fields;
  const jumps = [...form.querySelectorAll(".jumps button")];
  index.max = table.rates.length - 1;
  step.max = model.get("steps");
  const show = () => {
    index.value = model.get("index");
    if (document.activeElement !== rate) rate.value = table.rates[model.get("index")];
    step.value = model.get("step");
    for (const name of CHECKED) fields[name].checked = model.get(name);
    fields.panel.value = model.get("panel");
    for (const name of SETTINGS) fields[name].value = model.get(name);
    pinned.setAttribute("aria-pressed", model.get("pinned"));
    playing.textContent = model.get("playing") ? "Stop" : "Play";
    jumps.forEach((button, k) => button.setAttribute("aria-pressed", table.jumps[k] === model.get("index")));
  };
  index.addEventListener("input", () => model.set("index", Number(index.value)));
  step.addEventListener("input", () => model.set("step", Number(step.value)));
  rate.addEventListener("change", () => {
    if (rate.value !== "" && Number.isFinite(Number(rate.value))) model.set("rate", Number(rate.value));
    setTimeout(() => (rate.value = table.rates[model.get("index")]));
  });
  for (const name of CHECKED) fields[name].addEventListener("change", () => model.set(name, fields[name].checked));
  fields.panel.addEventListener("change", () => model.set("panel", fields.panel.value));
  for (const name of SETTINGS)
    fields[name].addEventListener(fields[name].type === "range" ? "input" : "change", () => {
      const value = settingOf(name, fields[name].value);
      if (value === undefined) table.say(`${name} ${fields[name].value}: there is no such choice here.`);
      else model.set(name, value);
      show();
    });
  pinned.addEventListener("click", () => model.set("pinned", !model.get("pinned")));
  clear.addEventListener("click", () => model.set("clear", true));
  playing.addEventListener("click", () => model.set("playing", !model.get("playing")));
  jumps.forEach((button, k) => button.addEventListener("click", () => model.set("index", table.jumps[k])));
  form.addEventListener("submit", (event) => event.preventDefault());
  const names = [...SETTINGS, "index", "step", "pinned", "playing", "panel", ...CHECKED];
  model.on(names.map((name) => `change:${name}`).join(" "), show);
  table.listeners.add(show);
  show();
}

function start() {
  const model = new PageModel(STATE);
  initialize({ model });
  render({ model, el: document.querySelector(".host") });
  control(model, document.querySelector(".controls"));
  keepHash(model);
}

document.body.classList.toggle("embedded", new URLSearchParams(location.search).has("embed"));
// a saved notebook hides its page while the widget lives; then the page has nothing to compute
const seen = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen.disconnect();
  start();
});
seen.observe(document.querySelector("main"));
