/** The points that are selected. */

/** @typedef {import("./map/lasso.js").Mode} Mode */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./points.js").PointSet} PointSet */

export class Selection {
  #set;
  #seconds;
  #flags;
  #count = 0;

  /**
   * Nothing is selected yet.
   * @param {PointSet} set
   * @param {number} seconds  of a segment
   */
  constructor(set, seconds) {
    this.#set = set;
    this.#seconds = seconds;
    this.#flags = new Uint8Array(set.length);
  }

  /** Number of selected points. */
  get count() {
    return this.#count;
  }

  /** @returns {Uint8Array | null} per row: 1 where it is selected; null where none is */
  get flags() {
    return this.#count ? this.#flags : null;
  }

  /** @returns {Uint32Array} ascending */
  get rows() {
    const rows = new Uint32Array(this.#count);
    let at = 0;
    for (let row = this.#flags.indexOf(1); row >= 0; row = this.#flags.indexOf(1, row + 1)) rows[at++] = row;
    return rows;
  }

  /** @returns {Point[]} in the order of the rows */
  get points() {
    return Array.from(this.rows, (row) => this.#set.at(row));
  }

  /** @param {ArrayLike<number>} rows @param {Mode} mode */
  change(rows, mode) {
    if (mode === "replace") this.clear();
    const flag = mode === "subtract" ? 0 : 1;
    for (let at = 0; at < rows.length; at++) {
      if (this.#flags[rows[at]] === flag) continue;
      this.#flags[rows[at]] = flag;
      this.#count += flag ? 1 : -1;
    }
  }

  clear() {
    this.#flags.fill(0);
    this.#count = 0;
  }

  /** @param {Point[]} points  those that are not there are passed over */
  select(points) {
    this.change(
      points.flatMap((point) => this.#rowsOf(point)),
      "replace",
    );
  }

  /** A whole track is all its segments. @param {Point} point @returns {number[]} */
  #rowsOf({ track, segment }) {
    const index = this.#set.indexOf(track);
    if (index === null) return [];
    const [from, to] = this.#set.rowsOf(index);
    if (segment === null || !this.#set.hasSegments) return Array.from({ length: to - from }, (_, at) => from + at);
    return from + segment < to ? [from + segment] : [];
  }

  /**
   * The same music among other points: the tracks of segments, all segments of tracks, or those segments of
   * another length that are heard at the same time.
   * @param {PointSet} set
   * @param {number} seconds  of a segment there
   * @returns {Selection}
   */
  carriedTo(set, seconds) {
    if (set === this.#set) return this;
    const carried = new Selection(set, seconds);
    const ratio = this.#seconds / seconds;
    for (const { track, segment } of this.points) {
      const index = set.indexOf(track);
      if (index === null) continue;
      const [from, to] = set.rowsOf(index);
      if (segment === null || !set.hasSegments) carried.#add(from, to);
      else {
        // Those whose middle is heard in the segment, or else the one that its own middle is heard in.
        const first = from + Math.ceil(segment * ratio - 0.5);
        const end = from + Math.ceil((segment + 1) * ratio - 0.5);
        const middle = from + Math.floor((segment + 0.5) * ratio);
        if (end > first) carried.#add(first, Math.min(end, to));
        else carried.#add(middle, Math.min(middle + 1, to));
      }
    }
    return carried;
  }

  /** @param {number} from @param {number} to  row after the last */
  #add(from, to) {
    for (let row = from; row < to; row++) this.change([row], "add");
  }
}
