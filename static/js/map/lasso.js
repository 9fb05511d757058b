/** A shape that is drawn on the screen, freely or as a box, and the points in it. */

/** @typedef {{x: number, y: number}} Place CSS pixels */
/** @typedef {"lasso" | "box"} Shape */
/** @typedef {"replace" | "add" | "subtract"} Mode  what a shape does to the selection */
/** @typedef {{drag: "move" | Shape, mode: Mode}} Tool  what a drag does */

/** Pixels between the places that a free shape remembers. */
const STEP = 3;
const INSIDE = 127;

/** @param {Tool} tool @param {PointerEvent} event @returns {boolean} whether a drag that begins so draws a shape */
export const draws = (tool, event) => tool.drag !== "move" || event.shiftKey || event.altKey;

/** @param {Tool} tool @param {PointerEvent} event  at the shape's end @returns {Mode} */
export const modeOf = (tool, { shiftKey, altKey }) => (altKey ? "subtract" : shiftKey ? "add" : tool.mode);

export class Lasso {
  #shape;
  /** @type {Place[]} */
  #places;

  /** @param {Shape} shape @param {Place} start */
  constructor(shape, start) {
    this.#shape = shape;
    this.#places = [start];
  }

  /** @param {Place} place */
  trace(place) {
    const last = this.#places[this.#places.length - 1];
    if (this.#shape === "box") this.#places = [this.#places[0], place];
    else if (Math.hypot(place.x - last.x, place.y - last.y) >= STEP) this.#places.push(place);
  }

  /** @returns {Place[]} corners of the shape */
  get outline() {
    if (this.#shape === "lasso") return this.#places;
    const [from, to = from] = this.#places;
    return [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
  }
}

/**
 * The rows in a shape. The shape is filled into a stencil of one pixel per CSS pixel, in which each point is
 * looked up: the time does not depend on how wild the shape is.
 * @param {Place[]} outline
 * @param {{x: Uint16Array, y: Uint16Array}} points
 * @param {Uint8Array | null} mask  not 0 where a row does not count
 * @param {import("./camera.js").Camera} camera
 * @returns {Uint32Array} ascending
 */
export function rowsWithin(outline, { x, y }, mask, camera) {
  const box = boundsOf(outline, camera);
  if (box.width < 1 || box.height < 1) return new Uint32Array(0);
  const stencil = fill(outline, box);
  const { scale } = camera;
  const corner = camera.toScreen(0, 0);
  const [perX, perY] = [scale.x / 65535, -scale.y / 65535];
  const [left, top] = [corner.x - box.left, corner.y - box.top];
  const rows = new Uint32Array(x.length);
  let found = 0;
  for (let row = 0; row < x.length; row++) {
    const column = Math.floor(x[row] * perX + left);
    const line = Math.floor(y[row] * perY + top);
    if (column < 0 || line < 0 || column >= box.width || line >= box.height) continue;
    if (stencil[4 * (line * box.width + column) + 3] > INSIDE && !mask?.[row]) rows[found++] = row;
  }
  return rows.slice(0, found);
}

/** The whole pixels that a shape covers, on the screen. @param {Place[]} outline @param {import("./camera.js").Camera} camera */
function boundsOf(outline, { width, height }) {
  const xs = outline.map((place) => place.x);
  const ys = outline.map((place) => place.y);
  const left = Math.max(0, Math.floor(Math.min(...xs)));
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const right = Math.min(width, Math.ceil(Math.max(...xs)));
  const bottom = Math.min(height, Math.ceil(Math.max(...ys)));
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * @param {Place[]} outline
 * @param {{left: number, top: number, width: number, height: number}} box
 * @returns {Uint8ClampedArray} RGBA per pixel of the box; alpha is what counts
 */
function fill(outline, { left, top, width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.translate(-left, -top);
  context.beginPath();
  for (const { x, y } of outline) context.lineTo(x, y);
  context.fill();
  return context.getImageData(0, 0, width, height).data;
}
