/** What a state colours by: from the column that came for it to colours and their meaning in words. */

import { NUMERIC } from "./catalogue.js";
import { byActivation, byCategory, byNumber, byShare, counted, plain } from "./colours.js";
import { densityOf } from "./density.js";
import { columnName } from "./words.js";

/** @typedef {import("./colours.js").Colouring} Colouring */

/**
 * @typedef {object} Material  What colours are made from.
 * @property {import("./points.js").PointSet} set
 * @property {Uint16Array} x
 * @property {Uint16Array} y
 * @property {Uint8Array | null} mask  not 0 where a point is filtered out
 * @property {{columns: Record<string, any>, info: import("./api.js").PointsInfo} | null} answer  the column's
 */

const TAG = "tag:";
const OVERLAP = "overlap:";

/**
 * @param {string} colour
 * @param {Material} material
 * @returns {Colouring}
 */
export const colouringOf = (colour, material) => counted(make(colour, material), material.mask);

/** @param {string} colour @param {Material} material @returns {Colouring} */
function make(colour, { set, x, y, mask, answer }) {
  if (colour === "density") return byShare(densityOf(x, y, mask), WORDS.density);
  if (!answer) return plain(set.length);
  const column = answer.columns[colour];
  if (colour.startsWith(TAG)) return byActivation(colour.slice(TAG.length), column);
  if (colour.startsWith(OVERLAP)) {
    return byShare(column, { ...WORDS.overlap, title: colour, heading: columnName(colour) });
  }
  if (colour === "kept") return byShare(column, WORDS.kept);
  if (colour === "spread") return { ...byShare(column, WORDS.spread), span: [0, 255] };
  const categories = /** @type {Record<string, string[]>} */ (answer.info.categories)[colour];
  // One value per track, or (the strongest tag) already one per point.
  const values = column.length === set.length ? column : set.spread(column);
  return (NUMERIC.has(colour) ? byNumber : byCategory)(columnName(colour), values, categories);
}

/** @type {Record<string, {title: string, heading: string, note: string, ends: [string, string]}>} */
const WORDS = {
  density: {
    title: "density",
    heading: "Density",
    note: "How many points are around each point on this map.",
    ends: ["sparse", "crowded"],
  },
  kept: {
    title: "kept",
    heading: "Neighbours kept",
    note: "How many of the ten points around a point on this map are truly its nearest.",
    ends: ["none", "all ten"],
  },
  spread: {
    title: "spread",
    heading: "Variety within the track",
    note: "How far the segments of a track lie from each other.",
    ends: ["uniform", "varied"],
  },
  overlap: {
    title: "overlap",
    heading: "Agreement",
    note: "How many of a point's ten nearest are the same in both spaces.",
    ends: ["none", "all ten"],
  },
};
