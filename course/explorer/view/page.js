// Takes the notebook's place on an exported page: a model that reports changes, and the controls.

const state = JSON.parse(document.getElementById("state").textContent, (_, value) =>
  typeof value?.base64 === "string" ? new DataView(Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)).buffer) : value,
);
const listeners = new Map();
const model = {
  get: (name) => state[name],
  set(name, value) {
    if (state[name] === value) return;
    state[name] = value;
    for (const listener of listeners.get(`change:${name}`) ?? []) listener();
  },
  save_changes() {},
  on(names, listener) {
    for (const name of names.split(" ")) listeners.set(name, [...(listeners.get(name) ?? []), listener]);
  },
  off(names, listener) {
    for (const name of names.split(" ")) listeners.set(name, (listeners.get(name) ?? []).filter((other) => other !== listener));
  },
};

const form = document.querySelector(".controls");
const { index, rate, step, pinned, clear, playing, log, show_curvature: curvature } = form.elements;
index.max = state.rates.length - 1;
step.max = state.steps;
curvature.parentElement.hidden = state.curvatures.byteLength === 0;
const jumps = [...form.querySelectorAll("[data-jump]")];

function show() {
  index.value = state.index;
  index.setAttribute("aria-valuetext", state.headlines[state.index]);
  if (document.activeElement !== rate) rate.value = state.rates[state.index];
  step.value = state.step;
  log.checked = state.log;
  curvature.checked = state.show_curvature;
  pinned.setAttribute("aria-pressed", state.pinned);
  playing.textContent = state.playing ? "Stop" : "Play";
  jumps.forEach((button, k) => button.setAttribute("aria-pressed", state.landmarks[k] === state.index));
}

function nearest(value) {
  const distance = (rate) => Math.abs(Math.log(rate / value));
  return state.rates.reduce((best, rate, k) => (distance(rate) < distance(state.rates[best]) ? k : best), 0);
}

index.addEventListener("input", () => model.set("index", Number(index.value)));
rate.addEventListener("change", () => {
  if (Number(rate.value) > 0) model.set("index", nearest(Number(rate.value)));
  rate.value = state.rates[state.index];
});
step.addEventListener("input", () => model.set("step", Number(step.value)));
log.addEventListener("change", () => model.set("log", log.checked));
curvature.addEventListener("change", () => model.set("show_curvature", curvature.checked));
pinned.addEventListener("click", () => model.set("pinned", !state.pinned));
clear.addEventListener("click", () => model.set("clear", true));
playing.addEventListener("click", () => model.set("playing", !state.playing));
jumps.forEach((button, k) => button.addEventListener("click", () => model.set("index", state.landmarks[k])));
form.addEventListener("submit", (event) => event.preventDefault());
model.on("change:index change:step change:pinned change:playing change:log change:show_curvature", show);

chart.initialize({ model });
chart.render({ model, el: document.querySelector(".host") });
show();
