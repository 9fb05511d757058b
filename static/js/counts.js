/** How much of the music a map shows, in words. */

import { countOf, formatCount } from "./format.js";
import { FEW_TRACKS } from "./trajectories.js";

/**
 * Tell how many points are shown.
 * @param {Record<string, HTMLElement>} parts  of a pane
 * @param {import("./loader.js").Loaded} loaded
 * @param {boolean} joined  whether the segments of a track are joined
 */
export function showCounts({ counts, stage }, loaded, joined) {
  counts.textContent = countsOf(loaded, joined);
  stage.setAttribute("aria-label", `Map of ${counts.textContent}`);
}

/**
 * @param {import("./loader.js").Loaded} loaded
 * @param {boolean} joined  whether the segments of a track are joined
 * @returns {string} "540 segments of 60 tracks", or "40 of 540 segments · 5 of 60 tracks"
 */
function countsOf({ set, visible }, joined) {
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
