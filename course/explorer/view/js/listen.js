// What moves a chart: hands, keys, its model, its runs and its width.
import { clamp } from "./dom.js";
import { dragged } from "./dragging.js";
import { nearestRate } from "./runs.js";

/**
 * Let a chart follow until the function that is returned is called.
 * @param {import("./chart.js").Chart} chart @param {Element} panels whose width is that of the chart
 */
export function listen(chart, panels) {
  const stepAt = (/** @type {import("./panel.js").Panel} */ panel) => (/** @type {number} */ x) =>
    chart.put("step", clamp(Math.round(panel.x.back(x)), 0, chart.table.steps));
  const rateAt = (/** @type {number} */ x) => nearestRate(chart.table.rates, chart.rates.x.back(x));
  const moveStep = stepAt(chart.run);
  const drawOrMove = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (!chart.prediction.hides(chart.key)) return moveStep(x);
    const step = clamp(Math.round(chart.run.x.back(x)), 0, chart.table.steps);
    chart.prediction.draw(
      chart.key,
      chart.table.steps,
      step,
      chart.run.y.back(clamp(y, chart.run.top, chart.run.bottom)),
    );
  };
  dragged(chart.run.svg, drawOrMove, () => chart.prediction.lift(chart.key));
  for (const panel of [chart.details.curvature, chart.details.deltas]) dragged(panel.svg, stepAt(panel));
  dragged(chart.rates.svg, (x) => chart.put("index", rateAt(x)));
  chart.rates.pins.forEach((mark, k) => dragged(mark, (x) => chart.pins.move(k, rateAt(x))));
  // An arrow key moves the slider and must not be Jupyter's shortcut that folds cells; Ctrl+S stays Jupyter's.
  // Jupyter looks at the focused element first, so that is the one to mark.
  const keep = (/** @type {KeyboardEvent} */ { target, ctrlKey, metaKey, altKey, shiftKey }) => {
    if (!(target instanceof Element)) return;
    if (!(chart.root.closest(".loss-explorer") ?? chart.root).contains(target)) return;
    target.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey || altKey || shiftKey));
  };
  window.addEventListener("keydown", keep, true);
  const [schedule, again] = [() => chart.schedule(), () => chart.again()];
  /** @type {[string, () => void][]} */
  const listeners = [
    ["change:index change:step change:pins", schedule],
    ["change:log change:panel change:band change:predict", again],
    ["change:own_losses change:own_known change:own_texts change:parts", schedule],
    ["change:status change:progress", () => chart.showStatus()],
  ];
  for (const [names, listener] of listeners) chart.model.on(names, listener);
  chart.table.listeners.add(again);
  const observer = new ResizeObserver(([entry]) => {
    if (Math.floor(entry.contentRect.width) === chart.width) return;
    chart.width = Math.floor(entry.contentRect.width);
    again();
  });
  observer.observe(panels);
  again();
  return () => {
    window.removeEventListener("keydown", keep, true);
    observer.disconnect();
    cancelAnimationFrame(chart.waiting);
    clearTimeout(chart.quiet);
    chart.table.listeners.delete(again);
    for (const [names, listener] of listeners) chart.model.off(names, listener);
  };
}
