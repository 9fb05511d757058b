/**
 * A selection as text for the address: `3:0-4.7_5:1` for segments 0 to 4 and 7 of track 3 and segment 1 of
 * track 5, or `3-9.12` for whole tracks.
 */

/** @typedef {import("./points.js").Point} Point */

/** Longer texts are left out of the address, which has to stay one. */
const LONGEST = 1500;
/** Longer texts are not kept at all. */
const KEPT = 500_000;

/** @param {string | null} text @returns {boolean} whether an address cannot hold it */
export const isTooLong = (text) => (text?.length ?? 0) > LONGEST;

/** @param {Point[]} points  in the order of the rows @returns {string | null} null where there is none, or too many */
export function writeSelection(points) {
  /** @type {Map<number, number[]>} */
  const segments = new Map();
  for (const { track, segment } of points) {
    const known = segments.get(track) ?? [];
    segments.set(track, known);
    if (segment !== null) known.push(segment);
    // Every track takes two letters at least.
    if (2 * segments.size > KEPT) return null;
  }
  const whole = points.every(({ segment }) => segment === null);
  const text = whole
    ? writeRanges([...segments.keys()])
    : [...segments].map(([track, own]) => `${track}:${writeRanges(own)}`).join("_");
  return text && text.length <= KEPT ? text : null;
}

/** @param {string | null} text @returns {Point[]} */
export function readSelection(text) {
  if (!text) return [];
  if (!text.includes(":")) return readRanges(text).map((track) => ({ track, segment: null }));
  return text.slice(0, KEPT).split("_").flatMap((part) => {
    const [track, ranges = ""] = part.split(":");
    if (!/^\d{1,15}$/.test(track)) return [];
    return readRanges(ranges).map((segment) => ({ track: Number(track), segment }));
  });
}

/** @param {number[]} numbers  ascending @returns {string} */
function writeRanges(numbers) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(".");
}

/** Segments of a track, or tracks, that a range may hold: a mistyped one must not fill the memory. */
const WIDEST = 100_000;

/** @param {string} text @returns {number[]} */
function readRanges(text) {
  return text.split(".").flatMap((range) => {
    const found = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(range);
    if (!found) return [];
    const from = Number(found[1]);
    const to = Math.min(Number(found[2] ?? from), from + WIDEST);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
  });
}
