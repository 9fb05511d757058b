/** Which part of the music is shown: what a filter holds, and its short form in the address bar. */

/** @typedef {{tag: string, low: number, high: number}} TagRange  activations, 0 to 1, both ends included */
/** @typedef {{name: string, value: string}} Attribute  "genre", "rock" */
/** @typedef {{name: string, low: number | null, high: number | null}} NumberRange  "year"; null: open at that end */

/**
 * @typedef {object} Filter  What must all hold for a point to be shown.
 * @property {string} text              in the track's title, artist, …; "" = any
 * @property {TagRange[]} tags          heard that much
 * @property {Attribute[]} attributes   of those with one name, one must be the track's
 * @property {NumberRange[]} ranges     the track's number lies in it, both ends included
 * @property {number | null} tracks     no more than so many, drawn by lot
 * @property {number} lot               another number draws others
 * @property {number} every             every n-th segment of a track
 * @property {boolean} hide             what is out is hidden, not faded
 */

/** @type {Readonly<Filter>} */
export const NO_FILTER = Object.freeze({
  text: "",
  tags: [],
  attributes: [],
  ranges: [],
  tracks: null,
  lot: 0,
  every: 1,
  hide: false,
});

const RANGE = /^(\d(?:\.\d+)?)-(\d(?:\.\d+)?):(.+)$/s;
const NUMBERS = /^(\d{0,9})-(\d{0,9}):(.+)$/s;
const ATTRIBUTE = /^([^:]+):(.+)$/s;
const SAMPLE = /^(\d{1,9})(?:,(\d{1,9}))?$/;

/** @param {URLSearchParams} parameters @returns {Filter} what they say, unchecked against what exists */
export function readFilter(parameters) {
  const matches = (/** @type {string} */ name, /** @type {RegExp} */ form) =>
    parameters.getAll(name).flatMap((text) => [text.match(form)].filter((match) => match !== null));
  const sample = (parameters.get("sample") ?? "").match(SAMPLE);
  const every = parameters.get("every") ?? "";
  return {
    text: (parameters.get("q") ?? "").trim(),
    tags: matches("heard", RANGE).map(([, low, high, tag]) => ({
      tag,
      low: Math.min(1, Number(low)),
      high: Math.min(1, Number(high)),
    })),
    attributes: matches("only", ATTRIBUTE).map(([, name, value]) => ({ name, value })),
    ranges: matches("between", NUMBERS).map(([, low, high, name]) => ({
      name,
      low: low ? Number(low) : null,
      high: high ? Number(high) : null,
    })),
    tracks: sample && Number(sample[1]) ? Number(sample[1]) : null,
    lot: Number(sample?.[2] ?? 0),
    every: /^[1-9]\d{0,3}$/.test(every) ? Number(every) : 1,
    hide: parameters.get("rest") === "hide",
  };
}

/** @param {Filter} filter @param {URLSearchParams} parameters  that get what differs from no filter */
export function writeFilter({ text, tags, attributes, ranges, tracks, lot, every, hide }, parameters) {
  if (text) parameters.set("q", text);
  for (const { tag, low, high } of tags) parameters.append("heard", `${low}-${high}:${tag}`);
  for (const { name, value } of attributes) parameters.append("only", `${name}:${value}`);
  for (const { name, low, high } of ranges) {
    parameters.append("between", `${low ?? ""}-${high ?? ""}:${name}`);
  }
  if (tracks !== null) parameters.set("sample", lot ? `${tracks},${lot}` : String(tracks));
  if (every > 1) parameters.set("every", String(every));
  if (hide) parameters.set("rest", "hide");
}

/**
 * @param {Filter} filter
 * @param {string[]} tags        that exist
 * @param {string[]} attributes  that exist
 * @returns {Filter} without what does not exist
 */
export function existingFilter(filter, tags, attributes) {
  return {
    ...filter,
    tags: filter.tags.filter(({ tag }) => tags.includes(tag)),
    attributes: filter.attributes.filter(({ name }) => attributes.includes(name)),
    ranges: filter.ranges.filter(({ name }) => attributes.includes(name)),
  };
}

/** @param {Filter} filter @returns {string} equal for filters that let the same points through */
export const keyOfFilter = (filter) => JSON.stringify({ ...filter, hide: null });

/** @param {Filter} filter @returns {number} of conditions in it */
export function conditionsOf({ text, tags, attributes, ranges, tracks, every }) {
  const lists = tags.length + attributes.length + ranges.length;
  return Number(text !== "") + lists + Number(tracks !== null) + Number(every > 1);
}
