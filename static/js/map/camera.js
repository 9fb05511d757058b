/**
 * The camera: which part of the points is seen, and where on the screen.
 *
 * Points live in the unit square: a column value q, uint16, stands at q / 65535. The camera maps the unit
 * square to the screen by a scale per axis and a centre; y grows upwards in the data and downwards on the
 * screen. All screen lengths are CSS pixels.
 */

/**
 * @typedef {object} View
 * @property {number} x     centre, 0 to 1 along the x axis
 * @property {number} y     centre, 0 to 1 along the y axis
 * @property {number} zoom  1 = everything fits
 */

/**
 * @typedef {object} Insets  Room kept free around the points when everything fits, CSS pixels.
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 * @property {number} left
 */

/** @type {Readonly<View>} */
export const HOME = Object.freeze({ x: 0.5, y: 0.5, zoom: 1 });

/** @param {View} view @returns {boolean} whether it shows everything */
export const isHome = ({ x, y, zoom }) => x === HOME.x && y === HOME.y && zoom === HOME.zoom;

export const MIN_ZOOM = 0.5;
export const MAX_ZOOM = 500;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class Camera {
  /** @type {View} */
  view = { ...HOME };
  width = 1;
  height = 1;
  /** @type {Insets} */
  insets = { top: 24, right: 24, bottom: 24, left: 24 };
  /** Lengths of the axes in units of the data; null where each axis fills the screen on its own. */
  #aspect = /** @type {[number, number] | null} */ (null);

  /**
   * @param {[number, number] | null} lengths  of the x and y axis where one unit must be as long on both
   *   (distances mean something), null where the axes have nothing to do with each other
   */
  setAspect(lengths) {
    this.#aspect = lengths;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  /** @param {Partial<View>} view */
  set(view) {
    const next = { ...this.view, ...view };
    this.view = {
      x: clamp(next.x, 0, 1),
      y: clamp(next.y, 0, 1),
      zoom: clamp(next.zoom, MIN_ZOOM, MAX_ZOOM),
    };
  }

  /** Pixels per length of the unit square, per axis, at the present zoom. */
  get scale() {
    const { top, right, bottom, left } = this.insets;
    const width = Math.max(1, this.width - left - right);
    const height = Math.max(1, this.height - top - bottom);
    const { zoom } = this.view;
    if (!this.#aspect) return { x: width * zoom, y: height * zoom };
    const [x, y] = this.#aspect.map((length) => (length > 0 ? length : 0));
    if (!x && !y) return { x: width * zoom, y: height * zoom };
    const unit = Math.min(x ? width / x : Infinity, y ? height / y : Infinity) * zoom;
    return { x: (x || y) * unit, y: (y || x) * unit };
  }

  /** Where the centre of the view is on the screen. */
  get #origin() {
    const { top, right, bottom, left } = this.insets;
    return { x: (left + this.width - right) / 2, y: (top + this.height - bottom) / 2 };
  }

  /**
   * @param {number} x  0 to 1
   * @param {number} y  0 to 1
   * @returns {{x: number, y: number}} CSS pixels
   */
  toScreen(x, y) {
    const { scale, view } = this;
    const origin = this.#origin;
    return { x: origin.x + (x - view.x) * scale.x, y: origin.y - (y - view.y) * scale.y };
  }

  /**
   * @param {number} x  CSS pixels
   * @param {number} y  CSS pixels
   * @returns {{x: number, y: number}} in the unit square, or outside of it
   */
  toData(x, y) {
    const { scale, view } = this;
    const origin = this.#origin;
    return { x: view.x + (x - origin.x) / scale.x, y: view.y - (y - origin.y) / scale.y };
  }

  /**
   * Move with the pointer.
   * @param {number} dx  CSS pixels to the right
   * @param {number} dy  CSS pixels downwards
   */
  pan(dx, dy) {
    const { scale, view } = this;
    this.set({ x: view.x - dx / scale.x, y: view.y + dy / scale.y });
  }

  /**
   * Zoom so that what is under the given pixel stays there.
   * @param {number} factor
   * @param {number} x  CSS pixels
   * @param {number} y  CSS pixels
   */
  zoomAt(factor, x, y) {
    const held = this.toData(x, y);
    this.set({ zoom: this.view.zoom * factor });
    const { scale } = this;
    const origin = this.#origin;
    this.set({ x: held.x - (x - origin.x) / scale.x, y: held.y + (y - origin.y) / scale.y });
  }

  /** Zoom around the middle. @param {number} factor */
  zoomBy(factor) {
    const origin = this.#origin;
    this.zoomAt(factor, origin.x, origin.y);
  }

  /** Unit square to clip space, for the shader: position * scale + offset. */
  get clip() {
    const { scale, width, height } = this;
    const corner = this.toScreen(0, 0);
    return {
      scale: /** @type {[number, number]} */ ([(2 * scale.x) / width, (2 * scale.y) / height]),
      offset: /** @type {[number, number]} */ ([(2 * corner.x) / width - 1, 1 - (2 * corner.y) / height]),
    };
  }
}
