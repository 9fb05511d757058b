/**
 * From what points have to how they are coloured: a code per point, and palettes for the codes.
 *
 * On both grounds the lightness of a continuous scale goes one way only, from near the ground's own to far
 * from it: strong stands out, for every kind of eye. On dark ground it is viridis. The categories' colours
 * have a contrast of 3 to their ground, and differ by 0.08 in OKLab also for red-, green- and blue-blind eyes.
 */

import { countOf } from "./format.js";

/** @typedef {"light" | "dark"} Theme */

/**
 * @typedef {object} CategoryEntry
 * @property {number} code
 * @property {string} label
 * @property {number} count  points
 */

/**
 * @typedef {object} Colouring
 * @property {"plain" | "scale" | "categories"} kind
 * @property {string} title                 what it is coloured by
 * @property {string} heading               the same in words, for the legend
 * @property {string} [note]                what that means, where it needs to be said
 * @property {Uint8Array} codes             one per point
 * @property {[string, string]} [ends]      scale: what both ends stand for
 * @property {[number, number]} [span]      scale: codes at both ends; a code below is unknown
 * @property {number[]} [histogram]         scale: points per bin
 * @property {CategoryEntry[]} [entries]    categories: the most frequent first, the rest at the end
 */

const VIRIDIS = ["4a4c8c", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"].map(rgb);
const DEEPENING = ["d3dae4", "9fd3c1", "52b3a8", "2f8b9f", "365f94", "42357c", "2a0c47"].map(rgb);

const THEMES = {
  light: {
    categories: ["2c4fa3", "b75809", "008c5e", "7d3670", "3690ed", "a6151a", "b88d17", "8739de"].map(rgb),
    rest: rgb("aab0bb"),
    unknown: rgb("d3d7de"),
    plain: rgb("2c4fa3"),
    scale: DEEPENING,
  },
  dark: {
    categories: ["4965ff", "ebb34e", "5af2d4", "df7b94", "09aef9", "bc5b13", "e0f75d", "9164ae"].map(rgb),
    rest: rgb("5b616d"),
    unknown: rgb("3a3f4a"),
    plain: rgb("09aef9"),
    scale: VIRIDIS,
  },
};
const NAMED = THEMES.light.categories.length;
const UNKNOWN = 0;
const REST = NAMED + 1;
const DIMMED = 28;
const BINS = 32;

/** @param {string} hex @returns {[number, number, number]} */
function rgb(hex) {
  const number = parseInt(hex, 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/**
 * @param {[number, number, number][]} stops
 * @param {number} value  0 to 1
 * @returns {[number, number, number]}
 */
function between(stops, value) {
  const at = Math.min(1, Math.max(0, value)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [from, to] = [stops[low], stops[low + 1]];
  const mix = /** @param {number} channel */ (channel) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

/** @param {number} length @returns {Colouring} all points alike */
export function plain(length) {
  return { kind: "plain", title: "", heading: "", codes: new Uint8Array(length) };
}

/**
 * @param {Uint8Array} codes  1 = the least, 255 = the most, 0 = unknown; one per point
 * @param {{title: string, heading: string, note?: string, ends: [string, string]}} words
 * @returns {Colouring}
 */
export function byShare(codes, words) {
  return { kind: "scale", ...words, codes, span: [1, 255] };
}

/**
 * @param {string} title
 * @param {Uint8Array} codes  activation × 255, one per point
 * @returns {Colouring}
 */
export function byActivation(title, codes) {
  const highest = codes.reduce((most, code) => Math.max(most, code), 1);
  return {
    kind: "scale",
    title,
    heading: `Activation of “${title}”`,
    codes,
    ends: ["0.00", (highest / 255).toFixed(2)],
    span: [0, highest],
  };
}

/**
 * @param {string} title
 * @param {Uint16Array} values    code per point, 0 = unknown
 * @param {string[]} categories   names of the codes
 * @returns {Colouring}
 */
export function byCategory(title, values, categories) {
  const counts = new Uint32Array(categories.length);
  for (let row = 0; row < values.length; row++) counts[values[row]]++;
  const known = [...counts.keys()].filter((value) => value > 0 && counts[value] > 0);
  known.sort((a, b) => counts[b] - counts[a]);
  const named = known.slice(0, NAMED);
  const table = new Uint8Array(categories.length).fill(REST);
  table[0] = UNKNOWN;
  named.forEach((value, place) => (table[value] = place + 1));
  const entries = named.map((value, place) => ({
    code: place + 1,
    label: categories[value],
    count: counts[value],
  }));
  const rest = known.slice(NAMED);
  const restCount = rest.reduce((sum, value) => sum + counts[value], 0);
  if (rest.length) entries.push({ code: REST, label: countOf(rest.length, "other"), count: restCount });
  if (counts[0]) entries.push({ code: UNKNOWN, label: "unknown", count: counts[0] });
  return { kind: "categories", title, heading: title, codes: recode(values, table), entries };
}

/**
 * Categories that are numbers, such as years, on a continuous scale.
 * @param {string} title
 * @param {Uint16Array} values
 * @param {string[]} categories
 * @returns {Colouring}
 */
export function byNumber(title, values, categories) {
  const numbers = categories.map(Number);
  const known = numbers.slice(1);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const table = new Uint8Array(categories.length);
  for (let value = 1; value < categories.length; value++) {
    table[value] = 1 + Math.round(((numbers[value] - low) / Math.max(1, high - low)) * 254);
  }
  const codes = recode(values, table);
  return {
    kind: "scale",
    title,
    heading: title,
    codes,
    ends: [String(low), String(high)],
    span: [1, 255],
  };
}

/**
 * @param {Colouring} colouring
 * @param {Uint8Array | null} mask  not 0 where a point is filtered out
 * @returns {Colouring} telling how many of the other points have which colour
 */
export function counted(colouring, mask) {
  const { kind, codes, entries, span = [0, 255] } = colouring;
  const counts = new Uint32Array(256);
  for (let row = 0; row < codes.length; row++) if (!mask?.[row]) counts[codes[row]]++;
  if (kind === "scale") return { ...colouring, histogram: bin(counts.slice(span[0], span[1] + 1)) };
  return { ...colouring, entries: entries?.map((entry) => ({ ...entry, count: counts[entry.code] })) };
}

/**
 * @param {Colouring} colouring
 * @param {Theme} theme
 * @param {number | null} focus  a category's code: all others are dimmed
 * @returns {import("./map/renderer.js").Colours}
 */
export function coloursOf(colouring, theme, focus = null) {
  const palette = new Uint8Array(1024);
  const ranks = new Uint8Array(256);
  for (let code = 0; code < 256; code++) {
    const alpha = focus === null || focus === code ? 255 : DIMMED;
    palette.set([...colourOf(colouring, code, theme), alpha], 4 * code);
    ranks[code] = rankOf(colouring, code) + (focus === code ? 4 : 0);
  }
  return { codes: colouring.codes, palette, ranks };
}

/**
 * @param {Colouring} colouring
 * @param {number} code
 * @param {Theme} theme
 * @returns {[number, number, number]} RGB, 0 to 255
 */
export function colourOf(colouring, code, theme) {
  const colours = THEMES[theme];
  if (colouring.kind === "plain") return colours.plain;
  if (colouring.kind === "categories") {
    if (code === UNKNOWN) return colours.unknown;
    return colours.categories[code - 1] ?? colours.rest;
  }
  const [first, last] = /** @type {[number, number]} */ (colouring.span);
  return code < first ? colours.unknown : between(colours.scale, (code - first) / (last - first));
}

/** @param {Colouring} colouring @param {number} code @returns {number} what lies above what */
function rankOf({ kind }, code) {
  if (kind === "scale") return code >> 1;
  if (kind === "categories") return code === UNKNOWN ? 0 : code === REST ? 1 : 2;
  return 0;
}

/**
 * The same category in another colouring by the same.
 * @param {Colouring} before
 * @param {number | null} code
 * @param {Colouring} after
 * @returns {number | null} its code there
 */
export function sameCategory(before, code, after) {
  if (before.title !== after.title) return null;
  const label = before.entries?.find((entry) => entry.code === code)?.label;
  return after.entries?.find((entry) => entry.label === label)?.code ?? null;
}

/** @param {Uint16Array} values @param {Uint8Array} table @returns {Uint8Array} */
function recode(values, table) {
  const codes = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++) codes[row] = table[values[row]];
  return codes;
}

/** @param {Uint32Array} counts @returns {number[]} */
function bin(counts) {
  const bins = new Array(BINS).fill(0);
  counts.forEach((count, at) => (bins[Math.floor((at * BINS) / counts.length)] += count));
  return bins;
}
