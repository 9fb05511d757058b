/** The columns of the table of selected points, and how it is put in order by one. */

import { formatTime } from "../format.js";

/** @typedef {import("./requests.js").TrackFacts} TrackFacts */
/** @typedef {import("../points.js").Point} Point */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} title
 * @property {string} width  CSS, of the column
 * @property {boolean} [number]  set to the right
 * @property {(point: Point, track: TrackFacts | null, seconds: number) => string} text
 * @property {(point: Point, track: TrackFacts | null) => string | number | null} value  to sort by; null comes last
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    name: "title",
    title: "Title",
    width: "minmax(140px, 2fr)",
    text: (point, track) => track?.title ?? `Track ${point.track}`,
    value: (_, track) => track?.title ?? null,
  },
  {
    name: "start",
    title: "At",
    width: "52px",
    number: true,
    text: ({ segment }, _, seconds) => formatTime((segment ?? 0) * seconds),
    value: ({ segment }) => segment,
  },
  {
    name: "artist",
    title: "Artist",
    width: "minmax(110px, 1.4fr)",
    text: (_, track) => track?.artist ?? "",
    value: (_, track) => track?.artist ?? null,
  },
  {
    name: "genre",
    title: "Genre",
    width: "minmax(84px, 1fr)",
    text: (_, track) => track?.genres.join(", ") ?? "",
    value: (_, track) => track?.genres[0] ?? null,
  },
  {
    name: "album",
    title: "Album",
    width: "minmax(100px, 1.2fr)",
    text: (_, track) => track?.album ?? "",
    value: (_, track) => track?.album ?? null,
  },
  {
    name: "year",
    title: "Year",
    width: "52px",
    number: true,
    text: (_, track) => String(track?.year ?? ""),
    value: (_, track) => track?.year ?? null,
  },
  {
    name: "duration",
    title: "Length",
    width: "62px",
    number: true,
    text: (_, track) => (track?.duration == null ? "" : formatTime(track.duration)),
    value: (_, track) => track?.duration ?? null,
  },
];

const WORDS = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/**
 * @param {Point[]} points
 * @param {Column} column
 * @param {import("./names.js").Names} names
 * @param {boolean} descending
 * @returns {Uint32Array} places of the points, those without a value last, those alike as they were
 */
export function orderBy(points, column, names, descending) {
  const values = points.map((point) => column.value(point, names.get(point.track)));
  // Texts are compared once per different one: of many segments few tracks, of many tracks few artists.
  const different = [...new Set(values)].filter((value) => value !== null);
  different.sort((a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : WORDS.compare(String(a), String(b)),
  );
  if (descending) different.reverse();
  const ranks = new Map(different.map((value, rank) => [value, rank]));
  const keys = Float64Array.from(values, (value, place) => {
    const rank = value === null ? different.length : /** @type {number} */ (ranks.get(value));
    return rank * points.length + place;
  });
  return Uint32Array.from(keys.sort(), (key) => key % points.length);
}
