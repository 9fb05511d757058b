/** How large and how opaque points are: few are big and solid, many small and translucent. */

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Cells per side of the grid that tells how much of the map is occupied: 64, by the 6 highest bits. */
const BITS = 6;
const SPREAD_POWER = 0.35;

/**
 * How far points are spread, from 0 (all at one place) to 1 (everywhere).
 * @param {Uint16Array} x
 * @param {Uint16Array} y
 * @returns {number} share of the map's cells that hold a point, to a power that keeps small islands visible
 */
export function spreadOf(x, y) {
  const cells = new Uint8Array(1 << (2 * BITS));
  const shift = 16 - BITS;
  for (let row = 0; row < x.length; row++) cells[((y[row] >> shift) << BITS) | (x[row] >> shift)] = 1;
  return (cells.reduce((sum, cell) => sum + cell, 0) / cells.length) ** SPREAD_POWER;
}

/**
 * @param {number} points  how many are drawn
 * @param {number} area    of the map, square CSS pixels
 * @param {number} spread  of the points over the map, 0 to 1
 * @param {number} zoom    1 = everything fits; zoomed in, fewer points share the area
 * @returns {{size: number, opacity: number}} diameter in CSS pixels, 0 to 1
 */
export function look(points, area, spread, zoom) {
  const room = ((area * spread) / Math.max(1, points)) * zoom ** 1.8;
  return {
    size: clamp(1.25 * room ** 0.34, 1.6, 11),
    opacity: clamp(0.45 + 0.15 * Math.log10(Math.max(1, room)), 0.45, 0.92),
  };
}
