// What a pointer drags.

/**
 * Let a pointer that is held down on a node move something; a vertical swipe still scrolls.
 * @param {SVGElement} node @param {(x: number, y: number) => void} move @param {() => void} [end]
 */
export function dragged(node, move, end) {
  const place = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {SVGElement} */ (node.closest("svg")).getBoundingClientRect();
    move(event.clientX - box.left, event.clientY - box.top);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    node.setPointerCapture(event.pointerId);
    if (event.pointerType !== "touch") place(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) place(event);
  });
  if (end) node.addEventListener("lostpointercapture", end);
}
