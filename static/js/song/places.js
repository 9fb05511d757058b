/** Where a song that is not in the library lies on a map. */

import { choose, ORIGINAL, otherState } from "../catalogue.js";

/** @typedef {import("../api.js").Axis} Axis */
/** @typedef {import("../api.js").Catalogue} Catalogue */
/** @typedef {import("../catalogue.js").Choice} Choice */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../analyse/requests.js").Plane} Plane */
/**
 * @typedef {object} SongPlace
 * @property {string} id              of its analysis
 * @property {string} plane           the map that this is about, as {@link planeOf} says
 * @property {number[][]} positions   all components: one row, or one per segment
 * @property {Point[]} linked         lines lead to these
 * @property {number | null} heard    segment that is heard
 */

/** Least activation on a logarithmic axis whose end is not known. */
const FLOOR = 1e-4;

/** @param {Choice} choice @returns {Plane} */
const planeFacts = ({ network, layer, level, projection }) => ({
  network: network.name,
  layer: layer.name,
  level: level.name,
  projection: projection?.name ?? ORIGINAL,
});

/** @param {Choice} choice @returns {string} a name for all that decides where a song lies */
export const planeOf = (choice) => Object.values(planeFacts(choice)).join("/");

/**
 * @param {Catalogue} catalogue
 * @param {State} state
 * @returns {{plane: string, facts: Plane, choice: Choice}[]} of each map that is shown
 */
export function planesOf(catalogue, state) {
  const states = state.other ? [state, otherState(catalogue, state)] : [state];
  return states.map((each) => {
    const choice = choose(catalogue, each);
    return { plane: planeOf(choice), facts: planeFacts(choice), choice };
  });
}

/**
 * @param {SongPlace} song
 * @param {{x: Axis, y: Axis}} axes
 * @param {Choice} choice  what is drawn
 * @param {State} state
 * @returns {{places: {x: number, y: number}[], at: number}} in the unit square, or outside of it
 */
export function guestOf({ positions, heard }, axes, choice, state) {
  const along = (/** @type {"x" | "y"} */ name) => {
    const { min, max, scale } = axes[name];
    const [plus, minus] = [state[name], state[`${name}_minus`]].map((one) =>
      one === null ? null : choice.axes.indexOf(one),
    );
    return (/** @type {number[]} */ row) => {
      const value = row[/** @type {number} */ (plus)] - (minus === null ? 0 : row[minus]);
      return ((scale === "log" ? Math.log10(Math.max(value, FLOOR)) : value) - min) / (max - min || 1);
    };
  };
  const [x, y] = [along("x"), along("y")];
  const places = positions.map((row) => ({ x: x(row), y: y(row) }));
  return { places, at: Math.min(heard ?? middleOf(places), places.length - 1) };
}

/** @param {{x: number, y: number}[]} places @returns {number} the one that is nearest to the mean of all */
function middleOf(places) {
  const mean = (/** @type {"x" | "y"} */ name) =>
    places.reduce((sum, place) => sum + place[name], 0) / places.length;
  const [x, y] = [mean("x"), mean("y")];
  const away = places.map((place) => Math.hypot(place.x - x, place.y - y));
  return away.indexOf(Math.min(...away));
}
