/** Which points a filter lets through. */

/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./points.js").PointSet} PointSet */

/**
 * @typedef {object} Values  Of an attribute: a track may have several.
 * @property {Uint16Array} codes
 * @property {Uint32Array} offsets  shape (n_tracks + 1,): track i has codes[offsets[i]] up to offsets[i + 1] - 1
 * @property {string[]} categories  by code
 */

/**
 * @typedef {object} FilterColumns  What the conditions of a filter look at.
 * @property {Map<string, Uint8Array>} tags   activation × 255 of each point, by tag
 * @property {Map<string, Values>} attributes  by name
 * @property {Set<number> | null} found       ids of the tracks that hold the text; null without text
 */

/**
 * @typedef {object} Visible
 * @property {Uint8Array | null} mask  per row: 1 where it is filtered out; null where none is
 * @property {number} points           that are not
 * @property {number} tracks           that have such points
 */

/**
 * @param {PointSet} set
 * @param {Filter} filter
 * @param {FilterColumns} columns
 * @returns {Visible}
 */
export function visibleOf(set, filter, columns) {
  const allowed = drawLots(set, filter, tracksThrough(set, filter, columns));
  const ranges = filter.tags.map(({ tag, low, high }) => ({
    codes: /** @type {Uint8Array} */ (columns.tags.get(tag)),
    low: Math.round(low * 255),
    high: Math.round(high * 255),
  }));
  const mask = new Uint8Array(set.length).fill(1);
  let [points, tracks] = [0, 0];
  for (let index = 0; index < set.trackCount; index++) {
    if (!allowed[index]) continue;
    const [from, to] = set.rowsOf(index);
    const before = points;
    for (let row = from; row < to; row += filter.every) {
      if (!ranges.every(({ codes, low, high }) => codes[row] >= low && codes[row] <= high)) continue;
      mask[row] = 0;
      points++;
    }
    if (points > before) tracks++;
  }
  return { mask: points < set.length ? mask : null, points, tracks };
}

/**
 * @param {PointSet} set
 * @param {Filter} filter
 * @param {FilterColumns} columns
 * @returns {Uint8Array} per track: 1 where text and attributes let it through
 */
function tracksThrough(set, filter, { attributes, found }) {
  /** @param {string} name @param {(value: string) => boolean} isWanted  @returns {(index: number) => boolean} */
  const having = (name, isWanted) => {
    const { codes, offsets, categories } = /** @type {Values} */ (attributes.get(name));
    const allowed = Uint8Array.from(categories, (category) => Number(category !== "" && isWanted(category)));
    return (index) => {
      for (let at = offsets[index]; at < offsets[index + 1]; at++) if (allowed[codes[at]]) return true;
      return false;
    };
  };
  const names = [...new Set(filter.attributes.map(({ name }) => name))];
  const conditions = names.map((name) => {
    const wanted = filter.attributes.filter((attribute) => attribute.name === name);
    const values = new Set(wanted.map(({ value }) => value));
    return having(name, (value) => values.has(value));
  });
  for (const { name, low, high } of filter.ranges) {
    const isWithin = (/** @type {string} */ value) =>
      Number(value) >= (low ?? -Infinity) && Number(value) <= (high ?? Infinity);
    conditions.push(having(name, isWithin));
  }
  const through = new Uint8Array(set.trackCount);
  for (let index = 0; index < through.length; index++) {
    const text = !found || found.has(set.trackId(index));
    through[index] = Number(text && conditions.every((holds) => holds(index)));
  }
  return through;
}

/**
 * Keep no more than so many tracks: those whose id draws the lowest number, so that the same tracks are kept
 * whatever network or level is shown.
 * @param {PointSet} set
 * @param {Filter} filter
 * @param {Uint8Array} through
 * @returns {Uint8Array}
 */
function drawLots(set, { tracks, lot }, through) {
  if (tracks === null) return through;
  const places = [...through.keys()].filter((index) => through[index]);
  if (places.length <= tracks) return through;
  const numbers = new Map(places.map((index) => [index, lotOf(set.trackId(index), lot)]));
  places.sort((a, b) => /** @type {number} */ (numbers.get(a)) - /** @type {number} */ (numbers.get(b)));
  const kept = new Uint8Array(through.length);
  for (const index of places.slice(0, tracks)) kept[index] = 1;
  return kept;
}

/** @param {number} id @param {number} lot @returns {number} 32 well-mixed bits of both */
function lotOf(id, lot) {
  let bits = Math.imul(id, 0x9e3779b1) ^ Math.imul(lot + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
