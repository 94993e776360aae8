// The step cursor that runs.

const STEPS_PER_SECOND = 60;
const LONGEST = 250; // milliseconds between two frames that count; a hidden page makes none
const STRIDE = 25; // steps at once, twice a second, for users who prefer reduced motion

/** @param {import("./state.js").Model} model @param {() => void} moves sends what has moved */
export function play(model, moves) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let last = 0;
  const next = (/** @type {number} */ now) => {
    if (!model.get("playing")) return;
    const [step, steps] = [model.get("step"), model.get("steps")];
    const moved = calm ? STRIDE : Math.floor((Math.min(now - last, LONGEST) / 1000) * STEPS_PER_SECOND);
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
