/**
 * What stands out among the points: rings around a few of them, lines between them, a shape being drawn.
 *
 * A canvas of its own above the points, so that moving a ring under the pointer never redraws the points.
 */

/**
 * @typedef {object} Marks
 * @property {number | null} hovered   row under the pointer
 * @property {number | null} selected  row that was chosen
 * @property {number | null} playing   row that is heard now
 * @property {number[]} linked         rows joined to the selected one by lines, the nearest first
 * @property {Uint32Array[]} trails   rows that a line joins one after the other, per line
 * @property {Guest | null} guest     what is shown though it is none of the points
 * @property {Place[] | null} outline  corners of the shape that is being drawn
 */

/**
 * @typedef {object} Ink
 * @property {string} mark    rings and lines, any CSS colour
 * @property {string} accent  what is heard now
 * @property {string} halo    behind both, so that they are seen on any colour
 */

/** @typedef {{x: number, y: number}} Place CSS pixels */
/**
 * @typedef {object} Guest
 * @property {Place[]} places    its way through the unit square, in order; often one place only
 * @property {number} at         which of them it is at
 * @property {number[]} linked   rows joined to it by lines
 */

/** @type {Readonly<Marks>} */
export const NO_MARKS = Object.freeze({
  hovered: null,
  selected: null,
  playing: null,
  linked: [],
  trails: [],
  guest: null,
  outline: null,
});

export class MarkPainter {
  #canvas;
  #context;
  /** @type {Ink} */
  ink = { mark: "#000", accent: "#06c", halo: "#fff" };

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    // Kept in memory, not on the GPU: beside WebGL there, Chromium sometimes loses a clearing of the canvas.
    const options = { willReadFrequently: true };
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options));
  }

  /**
   * @param {Marks} marks
   * @param {(row: number) => Place} locate
   * @param {(place: Place) => Place} project  from the unit square
   * @param {number} radius      of a point, CSS pixels
   * @param {number} pixelRatio  device pixels per CSS pixel
   */
  draw(marks, locate, project, radius, pixelRatio) {
    const context = this.#context;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const { hovered, selected, playing, linked, trails, guest, outline } = marks;
    for (const trail of trails) this.#trail(trail, locate, radius);
    if (selected !== null) {
      const from = locate(selected);
      const ends = linked.map(locate);
      const [inner, outer] = [radius + 2.5, radius + 5];
      for (const end of ends) this.#line(from, end, outer, inner);
      for (const end of ends) this.#ring(end, inner, 1.5);
      this.#ring(from, outer, 2.5);
    }
    if (playing !== null) this.#dot(locate(playing), Math.max(4, radius * 0.7));
    if (guest) this.#guest(guest, locate, project, radius);
    if (hovered !== null) this.#ring(locate(hovered), radius + 2.5, 2);
    if (outline) this.#shape(outline);
  }

  /**
   * A line through points in their order, thin where it begins and strong where it ends.
   * @param {Uint32Array} rows
   * @param {(row: number) => Place} locate
   * @param {number} radius
   */
  #trail(rows, locate, radius) {
    if (!rows.length) return;
    let from = locate(rows[0]);
    this.#ring(from, radius + 1, 1);
    for (let at = 1; at < rows.length; at++) {
      const to = locate(rows[at]);
      const path = new Path2D();
      path.moveTo(from.x, from.y);
      path.lineTo(to.x, to.y);
      this.#stroke(path, 0.75 + (1.75 * at) / rows.length, 1);
      from = to;
    }
  }

  /**
   * A large diamond, with the rest of its way as small ones, and lines to what is near it.
   * @param {Guest} guest
   * @param {(row: number) => Place} locate
   * @param {(place: Place) => Place} project
   * @param {number} radius
   */
  #guest({ places, at, linked }, locate, project, radius) {
    const way = places.map(project);
    const here = way[at];
    if (way.length > 1) {
      const path = new Path2D();
      for (const { x, y } of way) path.lineTo(x, y);
      this.#stroke(path, 1.5, 1);
    }
    for (const row of linked) {
      const end = locate(row);
      this.#line(here, end, radius + 9, radius + 2.5);
      this.#ring(end, radius + 2.5, 1.5);
    }
    for (const place of way) this.#diamond(place, Math.max(3, radius));
    this.#diamond(here, radius + 7);
  }

  /** @param {Place} centre @param {number} radius */
  #diamond({ x, y }, radius) {
    const path = new Path2D();
    path.moveTo(x, y - radius);
    path.lineTo(x + radius, y);
    path.lineTo(x, y + radius);
    path.lineTo(x - radius, y);
    path.closePath();
    this.#context.fillStyle = this.ink.accent;
    this.#context.fill(path);
    this.#stroke(path, 1.5, 1.5);
  }

  /** @param {Place[]} corners */
  #shape(corners) {
    const path = new Path2D();
    for (const { x, y } of corners) path.lineTo(x, y);
    path.closePath();
    const context = this.#context;
    context.fillStyle = this.ink.accent;
    context.globalAlpha = 0.12;
    context.fill(path);
    this.#stroke(path, 1.5, 1);
  }

  /**
   * From ring to ring.
   * @param {Place} from
   * @param {Place} to
   * @param {number} before  radius of the ring at the start
   * @param {number} after   radius of the ring at the end
   */
  #line(from, to, before, after) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy);
    if (length <= before + after) return;
    const path = new Path2D();
    path.moveTo(from.x + (dx * before) / length, from.y + (dy * before) / length);
    path.lineTo(to.x - (dx * after) / length, to.y - (dy * after) / length);
    this.#stroke(path, 1.25, 1.5);
  }

  /** @param {Place} centre @param {number} radius @param {number} width */
  #ring(centre, radius, width) {
    const path = new Path2D();
    path.arc(centre.x, centre.y, radius, 0, 2 * Math.PI);
    this.#stroke(path, width, 1);
  }

  /** @param {Path2D} path @param {number} width @param {number} halo  beyond the stroke on each side */
  #stroke(path, width, halo) {
    const context = this.#context;
    context.strokeStyle = this.ink.halo;
    context.lineWidth = width + 2 * halo;
    context.globalAlpha = 0.65;
    context.stroke(path);
    context.strokeStyle = this.ink.mark;
    context.lineWidth = width;
    context.globalAlpha = 1;
    context.stroke(path);
  }

  /** @param {Place} centre @param {number} radius */
  #dot(centre, radius) {
    const context = this.#context;
    context.beginPath();
    context.arc(centre.x, centre.y, radius, 0, 2 * Math.PI);
    context.fillStyle = this.ink.accent;
    context.fill();
    context.strokeStyle = this.ink.halo;
    context.lineWidth = 2;
    context.stroke();
  }
}
