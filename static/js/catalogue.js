/** What can be shown: turns any wish into a state that exists. */

import { existingFilter, NO_FILTER } from "./filter.js";
import { TABS } from "./state.js";

/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./api.js").Network} Network */
/** @typedef {import("./api.js").Layer} Layer */
/** @typedef {import("./api.js").Level} Level */
/** @typedef {import("./api.js").Projection} Projection */
/** @typedef {import("./state.js").State} State */

/** The space itself, with two of its tags or dimensions as axes. */
export const ORIGINAL = "original";
/** The layer whose dimensions are tags. */
export const TAGGRAMS = "taggrams";
/** Attributes that are numbers: coloured on a scale, filtered by ranges. */
export const NUMERIC = new Set(["year", "bpm"]);
/** Above so many segments, a page without further wishes starts with tracks. */
const MANY_SEGMENTS = 250_000;
/** Without a measure of their quality, these are shown first. */
const FAVOURITE_PROJECTIONS = ["umap", "tsne", "pca"];
const FAVOURITE_LAYER = "embeddings";
/** The level of segments that are joined in time. */
export const TRAJECTORIES = "trajectories";

/**
 * @typedef {object} Choice  The parts of the catalogue that a state stands for.
 * @property {Network} network
 * @property {Layer} layer
 * @property {Level} level
 * @property {boolean} joined    whether the segments of a track are joined in time
 * @property {Projection | null} projection  null = original
 * @property {string[]} axes     what each axis can show
 * @property {boolean} tagAxes   whether these are tags: they can be subtracted, and scaled by logarithm
 * @property {string[]} colours  what points can be coloured by
 */

/**
 * @template {{name: string}} T
 * @param {T[]} things
 * @param {(string | undefined)[]} names  the best first
 * @returns {T}
 */
const pick = (things, ...names) =>
  names.map((name) => things.find((thing) => thing.name === name)).find(Boolean) ?? things[0];

/**
 * @param {Catalogue} catalogue  with at least one network
 * @param {Partial<State>} wish
 * @returns {Choice}
 */
export function choose(catalogue, wish) {
  const network = pick(catalogue.networks, wish.network);
  const layer = pick(network.layers, wish.layer, FAVOURITE_LAYER);
  const usual = network.segments > MANY_SEGMENTS ? "tracks" : "segments";
  const joined = wish.level === TRAJECTORIES;
  const level = pick(layer.levels, joined ? "segments" : wish.level, usual);
  const wanted = wish.projection === ORIGINAL && level.original !== false;
  const original = wanted || level.projections.length === 0;
  const projection = original ? null : pick(level.projections, wish.projection, ...bestOf(level.projections));
  return {
    network,
    layer,
    level,
    joined,
    projection,
    axes: axesOf(network, layer, projection),
    tagAxes: !projection && layer.name === TAGGRAMS,
    colours: coloursOf(catalogue, network, level),
  };
}

/** @param {Catalogue} catalogue @param {Network} network @param {Level} level @returns {string[]} */
const coloursOf = ({ attributes }, { tags }, { columns = [] }) => [
  ...attributes,
  ...tags.map((tag) => `tag:${tag}`),
  ...columns,
  "density",
  "none",
];

/**
 * @param {Projection[]} projections
 * @returns {string[]} their names, the one first in which most neighbours are true ones
 */
function bestOf(projections) {
  const kept = (/** @type {Projection} */ { quality }) => quality?.preservation_10 ?? 0;
  const measured = projections.filter(kept).sort((a, b) => kept(b) - kept(a));
  return [...measured.map(({ name }) => name), ...FAVOURITE_PROJECTIONS];
}

/** @param {Network} network @param {Layer} layer @param {Projection | null} projection */
function axesOf(network, layer, projection) {
  if (!projection && layer.name === TAGGRAMS) return network.tags;
  const count = projection ? projection.components : layer.size;
  return Array.from({ length: count }, (_, component) => String(component));
}

/**
 * @param {Catalogue} catalogue
 * @param {Partial<State>} wish
 * @returns {State}
 */
export function complete(catalogue, wish) {
  const { network, layer, level, joined, projection, axes, tagAxes, colours } = choose(catalogue, wish);
  const x = axes.includes(wish.x ?? "") ? /** @type {string} */ (wish.x) : axes[0];
  const y = axes.includes(wish.y ?? "")
    ? /** @type {string} */ (wish.y)
    : (axes.find((axis) => axis !== x) ?? x);
  const track = wish.track ?? null;
  const minus = (/** @type {string | null | undefined} */ tag) =>
    tagAxes && axes.includes(tag ?? "") ? /** @type {string} */ (tag) : null;
  const [x_minus, y_minus] = [minus(wish.x_minus), minus(wish.y_minus)];
  return {
    network: network.name,
    layer: layer.name,
    level: joined ? TRAJECTORIES : level.name,
    projection: projection ? projection.name : ORIGINAL,
    x,
    y,
    x_minus,
    y_minus,
    x_scale: tagAxes && !x_minus ? (wish.x_scale ?? "linear") : "linear",
    y_scale: tagAxes && !y_minus ? (wish.y_scale ?? "linear") : "linear",
    filter: existingFilter(wish.filter ?? NO_FILTER, network.tags, catalogue.attributes),
    labels: wish.labels ?? true,
    tab: wish.tab ?? TABS[0],
    playlist: wish.playlist ?? null,
    colour: colours.includes(wish.colour ?? "") ? /** @type {string} */ (wish.colour) : colours[0],
    track,
    segment: track === null || level.name === "tracks" ? null : (wish.segment ?? 0),
    view: wish.view ?? null,
    song: wish.song ?? null,
    selected: wish.selected ?? null,
    other: wish.other ? completeOther(catalogue, wish, network.name) : null,
  };
}

/**
 * @param {Catalogue} catalogue
 * @param {Partial<State>} wish
 * @param {string} network  of the first map
 * @returns {import("./state.js").OtherMap} without further wishes, of another network
 */
function completeOther(catalogue, { other, level, filter }, network) {
  const unlike = catalogue.networks.find(({ name }) => name !== network)?.name;
  const state = complete(catalogue, { network: unlike, ...other, level, filter, other: null });
  const { layer, projection, x, y, x_minus, y_minus, x_scale, y_scale, colour, view } = state;
  return { network: state.network, layer, projection, x, y, x_minus, y_minus, x_scale, y_scale, colour, view };
}

/**
 * @param {Catalogue} catalogue
 * @param {State} state  with another map
 * @returns {State} that the other map shows; a chosen segment is the one at the same time
 */
export function otherState(catalogue, state) {
  const own = complete(catalogue, { ...state, ...state.other, other: null });
  if (state.segment === null || own.segment === null) return own;
  return { ...own, segment: sameTime(state.segment, choose(catalogue, state), choose(catalogue, own)) };
}

/**
 * @param {number} segment
 * @param {Choice} from
 * @param {Choice} to
 * @returns {number} the segment that is heard in the middle of another network's
 */
export function sameTime(segment, from, to) {
  const middle = (segment + 0.5) * from.network.segment_seconds;
  return Math.floor(middle / to.network.segment_seconds);
}

const KINDS = /** @type {const} */ ({
  ...{ network: "network", layer: "layer", level: "level", projection: "projection", colour: "colour" },
  ...{ x: "axis", y: "axis", x_minus: "axis", y_minus: "axis" },
});

/**
 * @param {Catalogue} catalogue
 * @param {Partial<State>} wish
 * @returns {string[]} what it names and there is not, such as "network “nope”"
 */
export function missingIn(catalogue, wish) {
  const state = complete(catalogue, { ...wish, other: null });
  const kinds = /** @type {(keyof typeof KINDS)[]} */ (Object.keys(KINDS));
  const parts = kinds.filter((name) => wish[name] && wish[name] !== state[name]);
  const named = parts.map((name) => {
    const tag = name === "colour" && /^tag:(.+)$/s.exec(wish[name] ?? "");
    return tag ? `tag “${tag[1]}”` : `${KINDS[name]} “${wish[name]}”`;
  });
  const { tags = [], attributes = [], ranges = [] } = wish.filter ?? {};
  const filters = [
    ...tags.filter((range) => !state.filter.tags.includes(range)).map(({ tag }) => `tag “${tag}”`),
    ...[...attributes, ...ranges]
      .filter((one) => ![...state.filter.attributes, ...state.filter.ranges].some((known) => known === one))
      .map(({ name }) => `attribute “${name}”`),
  ];
  const other = wish.other ? missingIn(catalogue, { ...wish.other, level: wish.level }) : [];
  return [...new Set([...named, ...filters, ...other])];
}

const AXES = ["x", "y", "x_minus", "y_minus", "x_scale", "y_scale"];

/**
 * Forget those parts of a wish that meant the old choice and would be nonsense in the new one: a view of
 * another map, axes of another projection, a segment of another length.
 * @param {Catalogue} catalogue
 * @param {State} state
 * @param {Partial<State>} wish
 * @returns {Partial<State>}
 */
export function carryOver(catalogue, state, wish) {
  const before = choose(catalogue, state);
  const after = choose(catalogue, { ...state, ...wish });
  /** @type {Partial<State>} */
  const carried = { ...wish };
  const parts = /** @type {const} */ (["network", "layer", "level", "projection"]);
  const samePlane = parts.every((name) => before[name] === after[name]) && !AXES.some((name) => name in wish);
  if (!samePlane) carried.view = null;
  if (before.axes.join() !== after.axes.join()) Object.assign(carried, { x: undefined, y: undefined });
  if (state.segment !== null && before.network !== after.network) {
    carried.segment = sameTime(state.segment, before, after);
  }
  return carried;
}
