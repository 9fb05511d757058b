/** Which row of the map is which segment of which track. */

/** @typedef {{track: number, segment: number | null}} Point  ids; segment null at the level of tracks */

export class PointSet {
  #trackIds;
  #offsets;

  /**
   * @param {Uint32Array} trackIds        shape (n_tracks,), ascending
   * @param {Uint32Array | null} offsets  shape (n_tracks + 1,): track i has the rows offsets[i] up to
   *   offsets[i + 1] - 1; null where each track is one row
   */
  constructor(trackIds, offsets) {
    this.#trackIds = trackIds;
    this.#offsets = offsets;
  }

  /** Number of rows. */
  get length() {
    return this.#offsets ? this.#offsets[this.#offsets.length - 1] : this.#trackIds.length;
  }

  /** Whether points are segments of tracks, not whole tracks. */
  get hasSegments() {
    return this.#offsets !== null;
  }

  /** Number of tracks. */
  get trackCount() {
    return this.#trackIds.length;
  }

  /** @param {number} index  place of a track among the tracks @returns {number} its id */
  trackId(index) {
    return this.#trackIds[index];
  }

  /** @param {number} index  place of a track among the tracks @returns {[number, number]} its first row, and the one after its last */
  rowsOf(index) {
    return this.#offsets ? [this.#offsets[index], this.#offsets[index + 1]] : [index, index + 1];
  }

  /** @param {number} track  id @returns {number | null} its place among the tracks; null where it is not there */
  indexOf(track) {
    const index = upperBound(this.#trackIds, track) - 1;
    return index >= 0 && this.#trackIds[index] === track ? index : null;
  }

  /** @param {number} row @returns {number} place of the row's track among the tracks */
  trackIndex(row) {
    if (!this.#offsets) return row;
    return upperBound(this.#offsets, row) - 1;
  }

  /** @param {number} row @returns {Point} */
  at(row) {
    const index = this.trackIndex(row);
    return {
      track: this.#trackIds[index],
      segment: this.#offsets ? row - this.#offsets[index] : null,
    };
  }

  /**
   * @param {Point} point
   * @returns {number | null} null where this network has no such point
   */
  rowOf({ track, segment }) {
    const index = this.indexOf(track);
    if (index === null || !this.#offsets) return index;
    const row = this.#offsets[index] + (segment ?? 0);
    return row < this.#offsets[index + 1] ? row : null;
  }

  /**
   * Give each row what its track has.
   * @template {Uint8Array | Uint16Array} T
   * @param {T} values  shape (n_tracks,)
   * @returns {T} shape (length,)
   */
  spread(values) {
    const offsets = this.#offsets;
    if (!offsets) return values;
    const rows = /** @type {T} */ (new /** @type {any} */ (values.constructor)(this.length));
    for (let index = 0; index < values.length; index++) {
      rows.fill(values[index], offsets[index], offsets[index + 1]);
    }
    return rows;
  }
}

/**
 * @param {Uint32Array} sorted
 * @param {number} value
 * @returns {number} place of the first element greater than the value
 */
function upperBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
