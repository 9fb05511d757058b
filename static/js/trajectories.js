/** Ways of tracks through the map: their segments, joined in the order of time. */

/** @typedef {import("./points.js").PointSet} PointSet */

/** So many tracks are all joined; of more, only those that the user means. */
export const FEW_TRACKS = 100;

/**
 * @param {PointSet} set
 * @param {number} track            id
 * @param {Uint8Array | null} mask  not 0 where a row is filtered out
 * @returns {Uint32Array} the track's rows that are not, in the order of time; none where it is not there
 */
function trailOf(set, track, mask) {
  const index = set.indexOf(track);
  if (index === null) return new Uint32Array(0);
  const [from, to] = set.rowsOf(index);
  return Uint32Array.from({ length: to - from }, (_, at) => from + at).filter((row) => !mask?.[row]);
}

/**
 * Lines of all tracks that are shown, where they are few; otherwise of those with selected segments.
 * @param {PointSet} set
 * @param {import("./mask.js").Visible} visible
 * @param {import("./selection.js").Selection} selection
 * @returns {Uint32Array} rows that each line begins and ends at, one after the other
 */
export function pathsOf(set, visible, selection) {
  const few = visible.tracks <= FEW_TRACKS;
  const tracks = new Set();
  if (few) for (let index = 0; index < set.trackCount; index++) tracks.add(set.trackId(index));
  else {
    for (const row of selection.rows) {
      tracks.add(set.at(row).track);
      if (tracks.size === FEW_TRACKS) break;
    }
  }
  return Uint32Array.from([...tracks].flatMap((track) => pairsOf(trailOf(set, track, visible.mask))));
}

/** @param {Uint32Array} rows */
const pairsOf = (rows) => Array.from(rows.subarray(1)).flatMap((row, at) => [rows[at], row]);

/**
 * @param {import("./loader.js").Loaded} loaded
 * @param {(number | null)[]} tracks  ids
 * @returns {Uint32Array[]} their ways, each once
 */
export const trailsOf = ({ set, visible }, tracks) =>
  [...new Set(tracks)].filter((track) => track !== null).map((track) => trailOf(set, track, visible.mask));
