// Lines of equal value on a grid, and the region above one, by marching squares.

/**
 * Return the SVG path along which the values of a grid, row by row, are `level`; `x` and `y` say where its columns
 * and rows are.
 * @param {ArrayLike<number>} values @param {number} side @param {number} level
 * @param {(column: number) => number} x @param {(row: number) => number} y
 */
export function contour(values, side, level, x, y) {
  let d = "";
  for (let j = 0; j + 1 < side; j++)
    for (let i = 0; i + 1 < side; i++) {
      const k = j * side + i;
      const [p, q, r, t] = [values[k], values[k + 1], values[k + side + 1], values[k + side]];
      if (p < level === q < level && q < level === r < level && r < level === t < level) continue;
      const around = [p, q, r, t];
      if (!around.every(Number.isFinite)) continue;
      const corners = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ].map(([a, b], n) => [a, b, around[n] - level]);
      const crossings = [];
      for (let n = 0; n < 4; n++) {
        const [[a, b, from], [c, e, to]] = [corners[n], corners[(n + 1) % 4]];
        if (from < 0 === to < 0) continue;
        const part = from / (from - to);
        crossings.push(`${x(a + part * (c - a)).toFixed(1)} ${y(b + part * (e - b)).toFixed(1)}`);
      }
      for (let n = 0; n + 1 < crossings.length; n += 2) d += `M${crossings[n]}L${crossings[n + 1]}`;
    }
  return d;
}

/**
 * Return the SVG path around where the values of a grid are above `level`; as `contour`.
 * @param {ArrayLike<number>} values @param {number} side @param {number} level
 * @param {(column: number) => number} x @param {(row: number) => number} y
 */
export function region(values, side, level, x, y) {
  let d = "";
  const at = (/** @type {number} */ i, /** @type {number} */ j) => `${x(i).toFixed(1)} ${y(j).toFixed(1)}`;
  const whole = (/** @type {number} */ k) =>
    values[k] > level && values[k + 1] > level && values[k + side] > level && values[k + side + 1] > level;
  for (let j = 0; j + 1 < side; j++)
    for (let i = 0; i + 1 < side; i++) {
      const first = i;
      while (i + 1 < side && whole(j * side + i)) i++;
      if (i > first) d += `M${at(first, j)}L${at(i, j)}L${at(i, j + 1)}L${at(first, j + 1)}Z`;
      if (i + 1 < side) d += piece(values, side, level, i, j, at);
    }
  return d;
}

/**
 * Return the path around the part of a square, with a corner at column i and row j, that is above `level`.
 * @param {ArrayLike<number>} values @param {number} side @param {number} level @param {number} i @param {number} j
 * @param {(column: number, row: number) => string} at
 */
function piece(values, side, level, i, j, at) {
  const corners = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ];
  const points = [];
  for (let n = 0; n < 4; n++) {
    const [[a, b], [c, e]] = [corners[n], corners[(n + 1) % 4]];
    const [from, to] = [values[b * side + a] - level, values[e * side + c] - level];
    if (from > 0) points.push(at(a, b));
    if (from > 0 === to > 0) continue;
    const part = from / (from - to);
    points.push(at(a + part * (c - a), b + part * (e - b)));
  }
  return points.length > 2 ? `M${points.join("L")}Z` : "";
}
