/** How crowded the map is around each point. */

/** Cells per side of the grid that points are counted in: 256, by the 8 highest bits. */
const BITS = 8;
const SIDE = 1 << BITS;
/** Cells that a cell's points are spread over on each side, three times over: nearly a bell. */
const RADIUS = 2;
const PASSES = 3;

/**
 * @param {Uint16Array} x
 * @param {Uint16Array} y
 * @param {Uint8Array | null} mask  not 0 where a point does not count
 * @returns {Uint8Array} per point: 1 = alone, 255 = where most are; logarithmic, as crowds grow by factors
 */
export function densityOf(x, y, mask) {
  const shift = 16 - BITS;
  let cells = new Float32Array(SIDE * SIDE);
  for (let row = 0; row < x.length; row++) {
    if (!mask?.[row]) cells[((y[row] >> shift) << BITS) | (x[row] >> shift)]++;
  }
  for (let pass = 0; pass < PASSES; pass++) cells = blur(blur(cells, 1, SIDE), SIDE, 1);
  const peak = cells.reduce((most, cell) => Math.max(most, cell), 0);
  // A point that is alone fills the window with less than one: count from there.
  const alone = 1 / (2 * RADIUS + 1) ** 2;
  const range = Math.log(Math.max(peak / alone, 2));
  const codes = Uint8Array.from(cells, (cell) => 1 + 254 * Math.max(0, Math.log(cell / alone) / range));
  const density = new Uint8Array(x.length);
  for (let row = 0; row < x.length; row++) {
    density[row] = codes[((y[row] >> shift) << BITS) | (x[row] >> shift)];
  }
  return density;
}

/**
 * Mean over a window along one direction, by a running sum.
 * @param {Float32Array} cells
 * @param {number} step    from cell to cell of a line
 * @param {number} stride  from line to line
 */
function blur(cells, step, stride) {
  const blurred = new Float32Array(cells.length);
  for (let line = 0; line < SIDE; line++) {
    const start = line * stride;
    let sum = 0;
    for (let at = -RADIUS; at < SIDE; at++) {
      if (at + RADIUS < SIDE) sum += cells[start + (at + RADIUS) * step];
      if (at > RADIUS) sum -= cells[start + (at - RADIUS - 1) * step];
      if (at >= 0) blurred[start + at * step] = sum / (2 * RADIUS + 1);
    }
  }
  return blurred;
}
