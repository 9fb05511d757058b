/**
 * A grid over uint16 points, for picking: which point is nearest to the pointer, which lies in a direction.
 *
 * A cell is found by shifting bits, the rows of a cell lie together (counting sort), so building is two
 * passes over the columns and a query reads a few dozen cells.
 */

const POINTS_PER_CELL = 4;
const MAX_BITS = 9;

export class Grid {
  #x;
  #y;
  #shift;
  #side;
  /** @type {Uint32Array} first place of each cell in #rows */
  #starts;
  /** @type {Uint32Array} rows, cell by cell */
  #rows;
  /** @type {Uint8Array | null} not 0 where a row is not to be found */
  mask = null;

  /**
   * @param {Uint16Array} x
   * @param {Uint16Array} y
   */
  constructor(x, y) {
    const wanted = Math.ceil(Math.log2(Math.max(1, x.length / POINTS_PER_CELL)) / 2);
    const bits = Math.min(MAX_BITS, Math.max(0, wanted));
    this.#x = x;
    this.#y = y;
    this.#shift = 16 - bits;
    this.#side = 1 << bits;
    this.#starts = new Uint32Array(this.#side * this.#side + 1);
    this.#rows = new Uint32Array(x.length);
    this.#fill(bits);
  }

  /** @param {number} bits */
  #fill(bits) {
    const x = this.#x;
    const y = this.#y;
    const shift = this.#shift;
    const starts = this.#starts;
    for (let row = 0; row < x.length; row++) starts[(((y[row] >> shift) << bits) | (x[row] >> shift)) + 1]++;
    for (let cell = 1; cell < starts.length; cell++) starts[cell] += starts[cell - 1];
    const next = starts.slice(0, -1);
    for (let row = 0; row < x.length; row++) {
      this.#rows[next[((y[row] >> shift) << bits) | (x[row] >> shift)]++] = row;
    }
  }

  /**
   * The row nearest to a place, within a radius.
   * @param {{x: number, y: number}} place  in the unit square
   * @param {{x: number, y: number}} scale  pixels per unit, per axis
   * @param {number} radius                 pixels
   * @returns {number | null}
   */
  nearest(place, scale, radius) {
    const px = scale.x / 65535;
    const py = scale.y / 65535;
    const qx = place.x * 65535;
    const qy = place.y * 65535;
    const last = this.#side - 1;
    /** @param {number} quantum */
    const cell = (quantum) => Math.min(last, Math.max(0, Math.floor(quantum) >> this.#shift));
    const [left, right] = [cell(qx - radius / px), cell(qx + radius / px)];
    const [bottom, top] = [cell(qy - radius / py), cell(qy + radius / py)];
    let best = null;
    let bestDistance = radius * radius;
    for (let line = bottom; line <= top; line++) {
      // The cells of a line are neighbours in memory, so a line is one stretch of rows.
      const from = this.#starts[line * this.#side + left];
      const to = this.#starts[line * this.#side + right + 1];
      for (let at = from; at < to; at++) {
        const row = this.#rows[at];
        const dx = (this.#x[row] - qx) * px;
        const dy = (this.#y[row] - qy) * py;
        const distance = dx * dx + dy * dy;
        if (distance <= bestDistance && !this.mask?.[row]) {
          best = row;
          bestDistance = distance;
        }
      }
    }
    return best;
  }

  /**
   * The next row from a given one towards a direction: near, and within 45° of it.
   * @param {number} row
   * @param {{x: number, y: number}} direction  one of the four, y upwards
   * @param {{x: number, y: number}} scale      pixels per unit, per axis
   * @returns {number | null} null where there is none
   */
  towards(row, direction, scale) {
    const px = scale.x / 65535;
    const py = scale.y / 65535;
    let best = null;
    let bestCost = Infinity;
    for (let other = 0; other < this.#x.length; other++) {
      const dx = (this.#x[other] - this.#x[row]) * px;
      const dy = (this.#y[other] - this.#y[row]) * py;
      const ahead = dx * direction.x + dy * direction.y;
      const aside = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
      if (ahead <= 0 || aside > ahead || this.mask?.[other]) continue;
      const cost = ahead + 2 * aside;
      if (cost < bestCost) {
        best = other;
        bestCost = cost;
      }
    }
    return best;
  }
}
