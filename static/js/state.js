/**
 * What is shown, as one object; the address bar holds it, so that a link shows the same and the back button
 * undoes.
 */

import { MAX_ZOOM, MIN_ZOOM } from "./map/camera.js";
import { keyOfFilter, readFilter, writeFilter } from "./filter.js";
import { isTooLong } from "./selection-text.js";

/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./map/camera.js").View} View */

/**
 * @typedef {object} State
 * @property {string} network
 * @property {string} layer
 * @property {"tracks" | "segments" | "trajectories"} level  trajectories: segments, joined in time
 * @property {string} projection
 * @property {string} x               component, dimension or tag on the x axis
 * @property {string} y
 * @property {string | null} x_minus  tag that is taken from the one on the x axis
 * @property {string | null} y_minus
 * @property {Scale} x_scale
 * @property {Scale} y_scale
 * @property {string} colour          "none", "density", "genre", "artist", …, or "tag:<name>"
 * @property {Filter} filter          what is shown of it
 * @property {boolean} labels         whether regions are named
 * @property {number | null} track    chosen track
 * @property {number | null} segment  chosen segment of it; null at the level of tracks
 * @property {View | null} view       null = everything
 * @property {Tab} tab                page of the panel that is seen
 * @property {number | null} playlist  the one that is open on its page; null = all are listed
 * @property {string | null} song     id of the analysis of a song that is shown, though it is not in the library
 * @property {string | null} selected  what is selected, as selection-text.js writes it; too long for the
 *   address, it is in the browser's history
 * @property {OtherMap | null} other   a second map, beside the first
 */
/**
 * What the second map has of its own.
 * @typedef {Pick<State, "network" | "layer" | "projection" | "x" | "y" | "x_minus" | "y_minus" | "x_scale" |
 *   "y_scale" | "colour" | "view">} OtherMap
 */
/** @typedef {"linear" | "log"} Scale */
/** @typedef {"point" | "taggram" | "selection" | "playlists" | "quality"} Tab */

/** @type {Tab[]} the usual one first */
export const TABS = ["point", "taggram", "selection", "playlists", "quality"];

const TEXTS = /** @type {const} */ (["network", "layer", "level", "projection", "x", "y", "colour"]);
const DIFFERENCES = /** @type {const} */ (["x_minus", "y_minus"]);
const SCALES = /** @type {const} */ (["x_scale", "y_scale"]);
/** Parameters of the second map begin with this; alone, it stands for one that is not described further. */
const OTHER = "other";
const SONG = /^[0-9a-f]{32}$/;
const NUMBERS = /** @type {const} */ (["track", "segment", "playlist"]);

/**
 * @param {string} query  of an address, "?network=…"
 * @returns {Partial<State>} what it says, unchecked against what exists
 */
export function parseQuery(query) {
  const parameters = new URLSearchParams(query);
  /** @type {Record<string, any>} */
  const state = readMap(parameters, "");
  for (const name of NUMBERS) {
    const text = parameters.get(name) ?? "";
    if (/^\d{1,15}$/.test(text)) state[name] = Number(text);
  }
  state.filter = readFilter(parameters);
  state.labels = parameters.get("labels") !== "off";
  state.tab = TABS.find((tab) => tab === parameters.get("tab")) ?? TABS[0];
  state.selected = parameters.get("selected");
  const song = parameters.get("song") ?? "";
  if (SONG.test(song)) state.song = song;
  const other = readMap(parameters, `${OTHER}.`);
  state.other = parameters.has(OTHER) || Object.keys(other).length ? other : null;
  return state;
}

/** @param {State} state @returns {string} "?network=…" */
export function formatQuery(state) {
  const parameters = new URLSearchParams();
  writeMap(parameters, "", state);
  writeFilter(state.filter, parameters);
  if (!state.labels) parameters.set("labels", "off");
  if (state.tab !== TABS[0]) parameters.set("tab", state.tab);
  for (const name of NUMBERS) if (state[name] !== null) parameters.set(name, String(state[name]));
  if (state.song) parameters.set("song", state.song);
  if (state.selected && !isTooLong(state.selected)) parameters.set("selected", state.selected);
  if (state.other) writeMap(parameters, `${OTHER}.`, state.other);
  return `?${parameters.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/")}`;
}

/** Middles of views from which something of the unit square may still be seen. */
const PLACES = /** @type {const} */ ([-1, 2]);

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {URLSearchParams} parameters @param {string} prefix @returns {Record<string, any>} of one map */
function readMap(parameters, prefix) {
  /** @type {Record<string, any>} */
  const map = {};
  for (const name of [...TEXTS, ...DIFFERENCES]) {
    const text = parameters.get(prefix + name);
    if (text) map[name] = text;
  }
  for (const name of SCALES) if (parameters.get(prefix + name) === "log") map[name] = "log";
  const view = (parameters.get(`${prefix}view`) ?? "").split(",").map(Number);
  if (view.length === 3 && view.every(Number.isFinite)) {
    const [x, y, zoom] = view;
    map.view = { x: clamp(x, ...PLACES), y: clamp(y, ...PLACES), zoom: clamp(zoom, MIN_ZOOM, MAX_ZOOM) };
  }
  return map;
}

/** @param {URLSearchParams} parameters @param {string} prefix @param {OtherMap & Partial<State>} map */
function writeMap(parameters, prefix, map) {
  for (const name of TEXTS) if (map[name]) parameters.set(prefix + name, map[name]);
  for (const name of DIFFERENCES) if (map[name] !== null) parameters.set(prefix + name, map[name]);
  for (const name of SCALES) if (map[name] !== "linear") parameters.set(prefix + name, map[name]);
  if (map.view) {
    const { x, y, zoom } = map.view;
    // Finer places for deeper views: a thousandth of what is seen.
    const digits = Math.ceil(Math.log10(Math.max(1, zoom))) + 3;
    const places = `${x.toFixed(digits)},${y.toFixed(digits)},${Number(zoom.toPrecision(4))}`;
    parameters.set(`${prefix}view`, places);
  }
}

/**
 * @param {State | null} a
 * @param {State} b
 * @returns {boolean} whether both show the same points in the same colours, filtered and named alike
 */
export function samePoints(a, b) {
  const names = [...TEXTS, ...DIFFERENCES, ...SCALES, /** @type {const} */ ("labels")];
  return (
    a !== null &&
    names.every((name) => a[name] === b[name]) &&
    a.filter.hide === b.filter.hide &&
    keyOfFilter(a.filter) === keyOfFilter(b.filter)
  );
}

/**
 * @callback StateListener
 * @param {State} state
 * @param {State} before
 * @param {boolean} travelled  the user went back or forward
 * @returns {void}
 */

/** What the browser's history keeps of a state, as the address does not. @param {State} state */
const besides = ({ selected }) => (isTooLong(selected) ? { selected } : null);

/** @returns {Partial<State>} what the address and the browser's history say, unchecked against what exists */
const wishOfPlace = () => ({ ...parseQuery(location.search), ...history.state });

/** Holds the state and tells those who listen. */
export class Store {
  /** @type {State} */
  #state;
  /** @type {StateListener[]} */
  #listeners = [];
  #complete;

  /** @param {(wanted: Partial<State>) => State} complete  makes any wish into a state that exists */
  constructor(complete) {
    this.#complete = complete;
    this.#state = complete(wishOfPlace());
    history.replaceState(besides(this.#state), "", formatQuery(this.#state));
    addEventListener("popstate", () => this.#change(complete(wishOfPlace()), true));
  }

  get state() {
    return this.#state;
  }

  /** @param {StateListener} listener */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /**
   * @param {Partial<State>} wish
   * @param {{step?: boolean}} options  step: a step that the back button undoes
   */
  update(wish, { step = true } = {}) {
    const next = this.#complete({ ...this.#state, ...wish });
    const query = formatQuery(next);
    if (query === location.search && next.selected === this.#state.selected) return;
    if (step) history.pushState(besides(next), "", query);
    else history.replaceState(besides(next), "", query);
    this.#change(next, false);
  }

  /** @param {State} next @param {boolean} travelled */
  #change(next, travelled) {
    const before = this.#state;
    this.#state = next;
    for (const listener of this.#listeners) listener(next, before, travelled);
  }
}
