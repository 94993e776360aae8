// A page in the place of a notebook: its controls, and its start.
import { render } from "./chart.js";
import { keepHash, settingOf } from "./hash.js";
import { PageModel } from "./page_model.js";
import { initialize, tableOf } from "./state.js";
import { SETTINGS } from "./table.js";

const CHECKED = ["log", "band", "predict"];

/** Let a menu offer a value that its page was not made with, as an address may bring one. @param {any} field @param {string} value */
function offer(field, value) {
  const options = /** @type {HTMLOptionElement[]} */ ([...(field.options ?? [])]);
  if (options.length && !options.some((option) => option.value === value)) field.add(new Option(value));
}

/** @param {PageModel} model @param {HTMLFormElement} form */
function control(model, form) {
  const table = tableOf(model);
  const fields = /** @type {Record<string, any>} */ (form.elements);
  const { index, rate, step, pinned, clear, playing } = fields;
  const jumps = [...form.querySelectorAll(".jumps button")];
  index.max = table.rates.length - 1;
  step.max = model.get("steps");
  /** @type {EventTarget | null} the field with a text that is not entered yet, which is the user's */
  let typing = null;
  const show = () => {
    index.value = model.get("index");
    if (typing !== rate) rate.value = table.rates[model.get("index")];
    step.value = model.get("step");
    for (const name of CHECKED) fields[name].checked = model.get(name);
    fields.panel.value = model.get("panel");
    for (const name of SETTINGS) offer(fields[name], String(model.get(name)));
    for (const name of SETTINGS) if (typing !== fields[name]) fields[name].value = model.get(name);
    pinned.setAttribute("aria-pressed", String(model.get("pinned")));
    playing.textContent = model.get("playing") ? "Stop" : "Play";
    jumps.forEach((button, k) => button.setAttribute("aria-pressed", String(table.jumps[k] === model.get("index"))));
  };
  for (const field of [rate, fields.seed]) {
    field.addEventListener("input", () => (typing = field));
    for (const kind of ["change", "blur"]) field.addEventListener(kind, () => (typing = null));
  }
  index.addEventListener("input", () => model.set("index", Number(index.value)));
  step.addEventListener("input", () => model.set("step", Number(step.value)));
  rate.addEventListener("change", () => {
    const entered = rate.value; // what is said shows the rate as it is
    table.unsay(); // also where that is entered once more
    if (entered === "") table.say("A learning rate is a number; it stays as it was.");
    else model.set("rate", Number(entered));
    queueMicrotask(() => (rate.value = table.rates[model.get("index")])); // before anything else is typed
  });
  for (const name of CHECKED) fields[name].addEventListener("change", () => model.set(name, fields[name].checked));
  fields.panel.addEventListener("change", () => model.set("panel", fields.panel.value));
  for (const name of SETTINGS)
    fields[name].addEventListener(fields[name].type === "range" ? "input" : "change", () => {
      const value = settingOf(name, fields[name].value);
      if (value === undefined) table.say(`${name} ${fields[name].value}: there is no such choice here.`);
      else {
        table.unsay();
        model.set(name, value);
      }
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
  if (STATE.draws) SOURCE.draws[STATE.seed] = STATE.draws;
  const model = new PageModel(STATE);
  initialize({ model });
  render({ model, el: /** @type {HTMLElement} */ (document.querySelector(".host")) });
  control(model, /** @type {HTMLFormElement} */ (document.querySelector(".controls")));
  keepHash(model);
}

document.body.classList.toggle("embedded", new URLSearchParams(location.search).has("embed"));
// a saved notebook hides its page while the widget lives; then the page has nothing to compute
const seen = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen.disconnect();
  start();
});
seen.observe(/** @type {HTMLElement} */ (document.querySelector("main")));
