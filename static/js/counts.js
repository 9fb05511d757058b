/** How much of the music a map shows, in words. */

import { countOf, formatCount } from "./format.js";
import { FEW_TRACKS } from "./trajectories.js";

/**
 * @param {import("./loader.js").Loaded} loaded
 * @param {boolean} joined  whether the segments of a track are joined
 * @returns {string} "540 segments of 60 tracks", or "40 of 540 segments · 5 of 60 tracks"
 */
export function countsOf(loaded, joined) {
  const counts = numbersOf(loaded, joined);
  return loaded.visible.points ? counts : `Nothing passes the filter: ${counts}`;
}

/** @param {import("./loader.js").Loaded} loaded @param {boolean} joined */
function numbersOf({ set, visible }, joined) {
  const all = countOf(set.trackCount, "track");
  const none = visible.points ? "" : "nothing matches the filter · ";
  const tracks = visible.mask ? `${formatCount(visible.tracks)} of ${all}` : all;
  if (!set.hasSegments) return none + tracks;
  const segments = countOf(set.length, "segment");
  const counts = visible.mask
    ? `${none}${formatCount(visible.points)} of ${segments} · ${tracks}`
    : `${segments} of ${all}`;
  const partly = joined && visible.tracks > FEW_TRACKS;
  return partly ? `${counts} · lines of what is selected or pointed at` : counts;
}
