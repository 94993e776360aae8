// @ts-check
// Lines of equal value on a grid, by marching squares.

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
