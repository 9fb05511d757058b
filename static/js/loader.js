/** Brings the columns that a state needs, each only when it is not there yet. */

import { fetchLabels, fetchPoints, fetchTrackIds } from "./api.js";
import { colouringOf } from "./colouring.js";
import { keyOfFilter } from "./filter.js";
import { visibleOf } from "./mask.js";
import { PointSet } from "./points.js";

/** @typedef {import("./api.js").Axis} Axis */
/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./catalogue.js").Choice} Choice */
/** @typedef {import("./colours.js").Colouring} Colouring */
/** @typedef {import("./map/labels.js").LabelLevel} LabelLevel */
/** @typedef {import("./mask.js").FilterColumns} FilterColumns */
/** @typedef {import("./mask.js").Visible} Visible */
/** @typedef {import("./state.js").State} State */

/**
 * @typedef {object} Loaded
 * @property {PointSet} set               the same object for the same points
 * @property {Uint16Array} x
 * @property {Uint16Array} y
 * @property {Uint8Array | null} sizes    of the points; null where all are alike
 * @property {{x: Axis, y: Axis}} axes
 * @property {Colouring} colouring
 * @property {Visible} visible
 */

/** @typedef {Awaited<ReturnType<typeof fetchPoints>>} Answer */
/** @typedef {{key: string, answer: Promise<any>, stop: AbortController}} Asked */

/** The server has published another snapshot since the page was opened. */
export class OutdatedError extends Error {}

/** What the size of a point shows. */
const SIZE = "spread";
/** A column that depends on where the points are. */
const OF_PLACE = "kept";
const COMPUTED = new Set(["none", "density"]);
/** What a filter asks for, by kind. */
const FILTER = "filter ";
/** All values that tracks have of an attribute, not only the one that colours them. */
const ALL = "all:";

export class PointLoader {
  #catalogue;
  /** What was asked for last, by kind. @type {Map<string, Asked>} */
  #asked = new Map();
  /** @type {{answer: Answer, set: PointSet} | null} */
  #set = null;
  /** @type {{set: PointSet, key: string, visible: Visible} | null} */
  #visible = null;

  /** @param {Catalogue} catalogue */
  constructor(catalogue) {
    this.#catalogue = catalogue;
  }

  /**
   * @param {State} state
   * @param {Choice} choice  that the state stands for
   * @returns {Promise<Loaded>} rejected with an AbortError once something else is wanted
   */
  async load(state, choice) {
    const { colour, filter } = state;
    const plane = this.#planeOf(state, choice);
    const sized = choice.level.name === "tracks" && choice.level.columns?.includes(SIZE);
    const [positions, tracks, colours, sizes, columns] = await Promise.all([
      this.#ask("position", { ...plane, columns: "position" }),
      this.#askShared("track", choice, "track"),
      COMPUTED.has(colour) ? null : this.#askColumn("colour", state, choice, colour),
      sized ? this.#askColumn("size", state, choice, SIZE) : null,
      this.#filterColumns(state, choice),
    ]);
    const set = this.#setOf(tracks);
    const visible = this.#visibleOf(set, state, columns);
    const { x, y } = /** @type {Record<string, Uint16Array>} */ (positions.columns);
    const axes = /** @type {{x: Axis, y: Axis}} */ (positions.info.axes);
    const colouring = colouringOf(colour, { set, x, y, mask: visible.mask, answer: colours });
    const areas = /** @type {Uint8Array | undefined} */ (sizes?.columns[SIZE]) ?? null;
    return { set, x, y, sizes: areas, axes, colouring, visible };
  }

  /**
   * Names of the regions of a map.
   * @param {State} state
   * @param {Choice} choice
   * @returns {Promise<LabelLevel[]>}
   */
  labels(state, choice) {
    return this.#remember("labels", this.#planeOf(state, choice), fetchLabels);
  }

  /**
   * @param {string} attribute
   * @param {Choice} choice
   * @returns {Promise<string[]>} all its values, the most frequent first
   */
  async valuesOf(attribute, choice) {
    const { info } = await this.#askShared("values", choice, ALL + attribute);
    return (info.categories?.[ALL + attribute] ?? []).slice(1);
  }

  /**
   * What positions depend on; what is usual is left out.
   * @param {State} state
   * @param {Choice} choice
   */
  #planeOf({ network, layer, projection, x, y, x_minus, y_minus, x_scale, y_scale }, choice) {
    return {
      ...{ network, layer, level: choice.level.name, projection, x, y },
      ...{ x_minus: x_minus ?? undefined, y_minus: y_minus ?? undefined },
      x_scale: x_scale === "linear" ? undefined : x_scale,
      y_scale: y_scale === "linear" ? undefined : y_scale,
      v: choice.projection ? choice.projection.version : this.#catalogue.snapshot?.id,
    };
  }

  /**
   * A column that is the same for all layers: one address for it lets the browser's cache know.
   * @param {string} kind
   * @param {Choice} choice
   * @param {string} column
   */
  #askShared(kind, { network, level }, column) {
    const { attributes, attributes_version, snapshot } = this.#catalogue;
    return this.#ask(kind, {
      ...{ network: network.name, layer: network.layers[0].name, level: level.name, columns: column },
      v: attributes.includes(column.replace(ALL, "")) ? attributes_version : snapshot?.id,
    });
  }

  /**
   * @param {string} kind
   * @param {State} state
   * @param {Choice} choice
   * @param {string} column
   */
  #askColumn(kind, state, choice, column) {
    const { layer, level } = choice;
    if (!level.columns?.includes(column)) return this.#askShared(kind, choice, column);
    if (column === OF_PLACE) return this.#ask(kind, { ...this.#planeOf(state, choice), columns: column });
    const space = { network: choice.network.name, layer: layer.name, level: level.name };
    return this.#ask(kind, { ...space, columns: column, v: this.#catalogue.snapshot?.id });
  }

  /**
   * @param {State} state
   * @param {Choice} choice
   * @returns {Promise<FilterColumns>}
   */
  async #filterColumns({ filter }, choice) {
    const tags = [...new Set(filter.tags.map(({ tag }) => tag))];
    const names = [...new Set([...filter.attributes, ...filter.ranges].map(({ name }) => name))];
    const kinds = [...tags.map((tag) => `tag:${tag}`), ...names.map((name) => ALL + name)].map(
      (column) => FILTER + column,
    );
    for (const [kind, { stop }] of this.#asked) {
      if (!kind.startsWith(FILTER) || kinds.includes(kind) || kind === `${FILTER}text`) continue;
      stop.abort();
      this.#asked.delete(kind);
    }
    const ask = (/** @type {string} */ column) => this.#askShared(FILTER + column, choice, column);
    const [ids, activations, attributes] = await Promise.all([
      filter.text ? this.#remember(`${FILTER}text`, filter.text, fetchTrackIds) : null,
      Promise.all(tags.map((tag) => ask(`tag:${tag}`))),
      Promise.all(names.map((name) => ask(ALL + name))),
    ]);
    return {
      tags: new Map(
        tags.map((tag, at) => [tag, /** @type {Uint8Array} */ (activations[at].columns[`tag:${tag}`])]),
      ),
      attributes: new Map(
        names.map((name, at) => [name, valuesFrom(attributes[at], ALL + name)]),
      ),
      found: ids && new Set(ids),
    };
  }

  /** The same object for the same points. @param {Answer} answer */
  #setOf(answer) {
    if (this.#set?.answer !== answer) {
      const { track_ids: ids, offsets } = /** @type {Record<string, Uint32Array>} */ (answer.columns);
      this.#set = { answer, set: new PointSet(ids, offsets ?? null) };
    }
    return this.#set.set;
  }

  /** @param {PointSet} set @param {State} state @param {FilterColumns} columns */
  #visibleOf(set, { filter }, columns) {
    const key = keyOfFilter(filter);
    if (this.#visible?.set !== set || this.#visible.key !== key) {
      this.#visible = { set, key, visible: visibleOf(set, filter, columns) };
    }
    return this.#visible.visible;
  }

  /** @param {string} kind @param {any} query @returns {Promise<Answer>} */
  #ask(kind, query) {
    return this.#remember(kind, query, async (query, signal) => {
      const answer = await fetchPoints(query, signal);
      if (answer.info.snapshot !== this.#catalogue.snapshot?.id) {
        throw new OutdatedError("The library has been processed anew since this page was opened.");
      }
      return answer;
    });
  }

  /**
   * @template T
   * @param {string} kind
   * @param {any} query
   * @param {(query: any, signal: AbortSignal) => Promise<T>} fetch
   * @returns {Promise<T>} what the same question was answered with, or a new answer; the one before is broken off
   */
  #remember(kind, query, fetch) {
    const key = JSON.stringify(query);
    const before = this.#asked.get(kind);
    if (before?.key === key) return before.answer;
    before?.stop.abort();
    const stop = new AbortController();
    const answer = fetch(query, stop.signal);
    this.#asked.set(kind, { key, answer, stop });
    answer.catch(() => {
      if (this.#asked.get(kind)?.key === key) this.#asked.delete(kind);
    });
    return answer;
  }
}

/** @param {Answer} answer @param {string} column @returns {import("./mask.js").Values} */
const valuesFrom = ({ columns, info }, column) => ({
  codes: /** @type {Uint16Array} */ (columns[column]),
  offsets: /** @type {Uint32Array} */ (columns[`${column}.offsets`]),
  categories: info.categories?.[column] ?? [],
});
