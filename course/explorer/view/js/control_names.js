// Names of the controls around a chart, and why some are disabled.
import { JUMP_RULES, noJump } from "./words.js";

/**
 * ipywidgets gives its sliders no names, and its toggle buttons no way to be disabled one by one.
 * @param {Element} root of the chart @param {import("./table.js").Table} table @param {boolean} predicting
 * @param {string} text of the learning rate
 */
export function nameControls(root, table, predicting, text) {
  const explorer = root.closest(".loss-explorer");
  if (!explorer) return;
  for (const [kind, name] of Object.entries({
    "learning-rate": "learning rate η",
    step: "step",
    hidden: "hidden units",
    scale: "initial scale",
  })) {
    const handle = explorer.querySelector(`.${kind} .noUi-handle`);
    if (handle) handle.setAttribute("aria-label", name);
  }
  const slider = explorer.querySelector(".learning-rate .noUi-handle") ?? explorer.querySelector("input.learning-rate");
  slider?.setAttribute("aria-valuetext", text);
  /** @type {NodeListOf<HTMLButtonElement>} */ (explorer.querySelectorAll(".jumps button")).forEach((button, k) => {
    const nowhere = table.jumps[k] === null || predicting;
    const why = predicting ? "predict the runs yourself" : noJump(k, table.codes);
    button.disabled = nowhere;
    button.title = nowhere ? why : JUMP_RULES[k];
  });
}

/** Let a run be pinned, or not while it is hidden: a pin shows its curve. @param {Element} root of the chart @param {boolean} refused */
export function namePinning(root, refused) {
  /** @type {HTMLButtonElement | null | undefined} */
  const button = root.closest(".loss-explorer")?.querySelector("button.pin-run, button[name=pinned]");
  if (!button) return;
  button.disabled = refused;
  button.title = refused ? "predict this run first: a pin shows its curve" : "keep this run in the chart";
}
