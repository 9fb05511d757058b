/**
 * A pane: one map with its controls, legend, axes and card. Another pane beside it needs nothing of this one.
 *
 * Events:
 * - `wish`    {wish: Partial<State>}: the user wants something else to be shown
 * - `choose`  {point: Point}: a point was clicked, or Enter was pressed on it
 * - `hover`   {point: Point | null}: the pointer or the keys are at another point, or at none
 * - `selection` {rows: Uint32Array, points: Point[], count: number}: other points are selected
 * - `visible` {points: number, tracks: number}: so many are not filtered out
 * - `view`    {view: View | null}: another part is seen; null = everything
 * - `state`   {state: "loading" | "ready" | "error", points: number}
 */

import { ApiError } from "./api.js";
import { drawAxes, lengthsOf } from "./axes.js";
import { Card } from "./card.js";
import { choose } from "./catalogue.js";
import { coloursOf, sameCategory } from "./colours.js";
import { Controls } from "./controls.js";
import { showCounts } from "./counts.js";
import { partsOf } from "./dom.js";
import { showLegend } from "./legend.js";
import { PointLoader } from "./loader.js";
import { FilterPanel } from "./filter-panel.js";
import { bindMapKeys, inWords } from "./map-keys.js";
import { HOME, isHome } from "./map/camera.js";
import { PointMap } from "./map/map.js";
import { showMessage, TAKEN_AWAY, whyNoMap } from "./message.js";
import { floorOf, roomIn, watchCover } from "./room.js";
import { guestOf, planeOf } from "./song/places.js";
import { Selecting } from "./selecting.js";
import { samePoints } from "./state.js";
import { inkOf, onThemeChange, theme } from "./theme.js";
import { trailsOf } from "./trajectories.js";

/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./catalogue.js").Choice} Choice */
/** @typedef {import("./loader.js").Loaded} Loaded */
/** @typedef {import("./map/camera.js").View} View */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const ZOOM_STEP = 1.6;

export class Pane extends EventTarget {
  #parts;
  #catalogue;
  #knowledge;
  #controls;
  #card;
  #loader;
  /** @type {PointMap} */
  #map;
  /** @type {State | null} what is wanted */
  #state = null;
  /** @type {Choice | null} what is drawn */
  #choice = null;
  /** @type {Loaded | null} what is drawn */
  #loaded = null;
  /** @type {number | null} code of the only category that is not dimmed */
  #focus = null;
  /** @type {View | null} the last one that was told */
  #told = null;
  /** @type {number | null} row that the keys or the pointer are at */
  #hovered = null;
  #neighbours = /** @type {Point[]} */ ([]);
  #route = /** @type {Point[]} */ ([]);
  /** @type {import("./song/places.js").SongPlace | null} a song that is not in the library */
  #song = null;
  /** Where that was brought into view. */
  #revealed = "";
  #selecting;
  #filter;
  #failed = /** @type {unknown} */ (null);
  #covered = /** @type {import("./map/labels.js").Box[]} */ ([]);

  /**
   * @param {HTMLElement} root
   * @param {Catalogue} catalogue
   * @param {import("./card.js").Knowledge} knowledge
   * @throws {import("./map/renderer.js").WebGLError}
   */
  constructor(root, catalogue, knowledge) {
    super();
    this.#parts = partsOf(root);
    this.#catalogue = catalogue;
    this.#knowledge = knowledge;
    this.#controls = new Controls(this.#parts.controls, catalogue, (wish) => this.#emit("wish", { wish }));
    this.#card = new Card(this.#parts.card, knowledge);
    this.#loader = new PointLoader(catalogue);
    this.#map = new PointMap(this.#parts.stage);
    this.#selecting = new Selecting(this.#parts, this.#map, {
      onChange: (selection) => this.#emit("selection", selection),
      onLabels: (labels) => this.#emit("wish", { wish: { labels } }),
    });
    this.#filter = new FilterPanel(this.#parts["filter-button"], this.#parts.filter, catalogue.attributes, {
      onChange: (filter) => this.#emit("wish", { wish: { filter } }),
      valuesOf: (attribute) => this.#loader.valuesOf(attribute, /** @type {Choice} */ (this.#choice)),
    });
    this.#listen(root);
    this.#dress();
    onThemeChange(() => this.#dress());
    new ResizeObserver(() => this.#fit()).observe(this.#parts.stage);
    watchCover(this.#parts, (covered) => {
      this.#covered = covered;
      this.#map.setCovered(covered);
      this.#drawAxes();
    });
  }

  /** @param {HTMLElement} root */
  #listen(root) {
    const { stage } = this.#parts;
    this.#on("hover", ({ row, x, y }) => this.#hover(row, { x, y }));
    this.#on("select", ({ row }) => this.#choose(row));
    this.#on("view", ({ view, settled }) => this.#seen(view, settled));
    this.#on("lost", () => showMessage(this.#parts.message, TAKEN_AWAY));
    this.#on("restored", () => showMessage(this.#parts.message, null));
    bindMapKeys(stage, this.#map, {
      isReady: () => this.#loaded !== null,
      hovered: () => this.#hovered,
      current: () => this.#hovered ?? this.#chosenRow,
      onChoose: (row) => this.#choose(row),
      onToggle: (row) => this.#selecting.toggle(row),
      onReach: (row) => this.#announce(row),
    });
    const zooms = { in: () => this.zoom(1), out: () => this.zoom(-1), reset: () => this.reset() };
    for (const [name, run] of Object.entries(zooms)) {
      root.querySelector(`[data-zoom="${name}"]`)?.addEventListener("click", run);
    }
  }

  // ---- what is shown ----------------------------------------------------------------------------

  /** @param {State} state */
  async show(state) {
    const before = this.#state;
    this.#state = state;
    if (samePoints(before, state)) {
      this.#look(state.view);
      return this.#mark();
    }
    this.#failed = null;
    this.#controls.show(state);
    this.#filter.show(state, choose(this.#catalogue, state));
    this.#emit("state", { state: "loading", points: this.#loaded?.set.length ?? 0 });
    try {
      const choice = choose(this.#catalogue, state);
      const loaded = await this.#loader.load(state, choice);
      if (this.#state === state || samePoints(this.#state, state)) this.#draw(loaded, choice);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (this.#state === state) this.#fail(error);
    }
  }

  /** @param {Loaded} loaded @param {Choice} choice */
  #draw(loaded, choice) {
    const state = /** @type {State} */ (this.#state);
    const before = this.#loaded;
    const { set, x, y, sizes, colouring, visible } = loaded;
    this.#focus = before ? sameCategory(before.colouring, this.#focus, colouring) : null;
    this.#loaded = loaded;
    this.#choice = choice;
    const colours = coloursOf(colouring, theme(), this.#focus);
    if (before?.x === x && before.y === y && before.set === set) {
      this.#map.setColours(colours);
      this.#look(state.view);
    } else {
      this.#map.hover(null);
      this.#map.setPoints({ x, y, sizes, lengths: lengthsOf(loaded.axes, choice.projection), colours });
      this.#map.setView(state.view ?? HOME);
      this.#told = state.view;
    }
    this.#map.setMask(visible.mask, state.filter.hide);
    showMessage(this.#parts.message, null);
    this.#legend();
    this.#fit();
    this.#selecting.carry(loaded, choice);
    this.#mark();
    showCounts(this.#parts, loaded, choice.joined);
    this.#label(state, choice);
    this.#emit("state", { state: "ready", points: set.length });
    if (before?.visible !== visible) this.#emit("visible", visible);
  }

  /** Name the regions of the map: they come when they come. @param {State} state @param {Choice} choice */
  async #label(state, choice) {
    this.#selecting.tools.tellLabels(state.labels);
    const levels = state.labels ? await this.#loader.labels(state, choice).catch(() => []) : [];
    if (!samePoints(this.#state, state)) return;
    this.#map.setLabels(levels);
    const none = levels.every(({ labels }) => !labels.length);
    this.#selecting.tools.tellLabels(state.labels, state.labels && none);
  }

  /** Show the part of the map that the state wants, unless it came from here. @param {View | null} view */
  #look(view) {
    if (view === this.#told) return;
    this.#told = view;
    this.#map.setView(view ?? HOME);
  }

  /** Leave room for what lies over the map. */
  #fit() {
    const { legend, stage } = this.#parts;
    this.#map.setInsets(roomIn(stage, legend, !this.#bare));
  }

  /** Whether the axes have no meaning of their own: only nearness counts. */
  get #bare() {
    const projection = this.#choice?.projection;
    return !this.#choice || (projection && !projection.explained_variance);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failed = error;
    showMessage(this.#parts.message, whyNoMap(error, () => this.#again()));
    this.#emit("state", { state: "error", points: this.#loaded?.set.length ?? 0 });
  }

  #again() {
    const state = /** @type {State} */ (this.#state);
    this.#state = null;
    showMessage(this.#parts.message, null);
    this.show(state);
  }

  /** The server answers: bring what it did not answer before. */
  reconnect() {
    if (this.#failed instanceof ApiError && this.#failed.status === 0) this.#again();
  }

  /** Colours of the theme. */
  #dress() {
    const { ink, ground } = inkOf(this.#parts.stage);
    this.#map.setInk(ink, ground);
    this.#recolour();
  }

  #recolour() {
    if (!this.#loaded) return;
    this.#map.setColours(coloursOf(this.#loaded.colouring, theme(), this.#focus));
    this.#legend();
  }

  #legend() {
    const { colouring } = /** @type {Loaded} */ (this.#loaded);
    showLegend(this.#parts.legend, colouring, theme(), this.#focus, (code) => {
      this.#focus = code;
      this.#recolour();
    });
  }

  // ---- marks ------------------------------------------------------------------------------------

  /** Points that are joined to the chosen one by lines. @param {Point[]} neighbours */
  link(neighbours) {
    this.#neighbours = neighbours;
    this.#mark();
  }

  /** Points that a line joins, one after the other. @param {Point[]} points */
  route(points) {
    this.#route = points;
    this.#mark();
  }

  /** Show where a song lies that is not in the library. @param {import("./song/places.js").SongPlace | null} song */
  placeSong(song) {
    this.#song = song;
    this.#mark();
  }

  /** Where the song lies on what is drawn; null if it is none of this map's. */
  #guest() {
    const [loaded, choice, song] = [this.#loaded, this.#choice, this.#song];
    if (!song) this.#revealed = "";
    if (!loaded || !choice || !song || song.plane !== planeOf(choice)) return null;
    const rows = song.linked.map((point) => this.#drawn(this.#rowOf(point)));
    const guest = guestOf(song, loaded.axes, choice, /** @type {State} */ (this.#state));
    return { ...guest, linked: rows.filter((row) => row !== null) };
  }

  /** Bring a song into view, once on each map. @param {import("./map/marks.js").Guest} guest */
  #welcome({ places, at }) {
    const { id, plane } = /** @type {import("./song/places.js").SongPlace} */ (this.#song);
    if (this.#revealed === `${id} ${plane}`) return;
    this.#revealed = `${id} ${plane}`;
    this.#map.revealPlace(places[at]);
  }

  /** Mark what is chosen, and its neighbours, where they are on this map. */
  #mark() {
    if (!this.#loaded || !this.#state) return;
    const selected = this.#drawn(this.#chosenRow);
    const rows = this.#neighbours.map((point) => this.#drawn(this.#rowOf(point)));
    const linked = selected === null ? [] : rows.filter((row) => row !== null);
    const guest = this.#guest();
    this.#map.setMarks({ selected, linked, trails: this.#trails, guest });
    if (guest) this.#welcome(guest);
    const { dataset } = this.#parts.stage;
    dataset.song = guest ? guest.places.map(({ x, y }) => `${x.toFixed(4)},${y.toFixed(4)}`).join(" ") : "";
    dataset.songLinked = guest?.linked.join() ?? "";
    dataset.route = this.#routeRows.join();
    dataset.selected = String(selected ?? "");
    dataset.linked = linked.join();
  }

  /** @param {number | null} row @returns {number | null} null where the filter hides it */
  #drawn(row) {
    return row !== null && this.#state?.filter.hide && this.#loaded?.visible.mask?.[row] ? null : row;
  }

  /** Row of the chosen point. */
  get #chosenRow() {
    const { track, segment } = /** @type {State} */ (this.#state);
    return track === null ? null : this.#rowOf({ track, segment });
  }

  /** Ways of the chosen track and of the one that is pointed at, and the one that is wanted. @returns {Uint32Array[]} */
  get #trails() {
    const route = this.#routeRows;
    const way = route.length ? [route] : [];
    if (!this.#loaded || !this.#choice?.joined) return way;
    const pointed = this.#hovered === null ? null : this.#loaded.set.at(this.#hovered).track;
    return [...trailsOf(this.#loaded, [this.#state?.track ?? null, pointed]), ...way];
  }

  /** Those points of the way that are on this map. */
  get #routeRows() {
    return Uint32Array.from(this.#route.map((point) => this.#rowOf(point)).filter((row) => row !== null));
  }

  /** Show where the sound is. @param {{track: number, time: number} | null} heard  seconds */
  follow(heard) {
    if (!this.#loaded || !this.#choice) return;
    const segments = this.#choice.level.name === "segments";
    const segment = heard && segments ? Math.floor(heard.time / this.#choice.network.segment_seconds) : null;
    const row = heard && this.#drawn(this.#rowOf({ track: heard.track, segment }));
    const known = String(row ?? "");
    if (this.#parts.stage.dataset.playing === known) return;
    this.#parts.stage.dataset.playing = known;
    this.#map.setMarks({ playing: row });
  }

  /** Mark a point as if the pointer were on it. @param {Point | null} point */
  point(point) {
    this.#map.setMarks({ hovered: point && this.#rowOf(point) });
  }

  /** Make sure that a point is seen. @param {Point} point */
  reveal(point) {
    const row = this.#rowOf(point);
    if (row !== null) this.#map.reveal(row);
  }

  /** @param {Point} point */
  #rowOf(point) {
    return /** @type {Loaded} */ (this.#loaded)?.set.rowOf(point) ?? null;
  }

  // ---- pointer and keys -------------------------------------------------------------------------

  /** @param {number | null} row @param {{x: number, y: number}} place */
  #hover(row, place) {
    if (row !== this.#hovered) {
      this.#hovered = row;
      this.#emit("hover", { point: row === null ? null : (this.#loaded?.set.at(row) ?? null) });
      if (this.#choice?.joined) this.#map.setMarks({ trails: this.#trails });
    }
    this.#parts.stage.dataset.hovered = String(row ?? "");
    if (row === null || !this.#loaded || !this.#choice) return this.#card.hide();
    this.#card.show(this.#loaded.set.at(row), this.#choice.network, place);
  }

  /** @param {number} row */
  #choose(row) {
    this.#card.hide();
    const { set } = /** @type {Loaded} */ (this.#loaded);
    this.#emit("choose", { point: set.at(row) });
  }

  /** @param {View} view @param {boolean} settled */
  #seen(view, settled) {
    this.#drawAxes();
    if (!settled) return this.#card.hide();
    if (this.#hovered !== null) this.#hover(this.#hovered, this.#map.place(this.#hovered));
    this.#told = isHome(view) ? null : view;
    this.#emit("view", { view: this.#told });
  }

  #drawAxes() {
    const axes = this.#bare ? null : (this.#loaded?.axes ?? null);
    const { axes: svg, legend, stage } = this.#parts;
    drawAxes(/** @type {any} */ (svg), this.#map, axes, floorOf(stage, legend), this.#covered);
  }

  /** Read out what a row is. @param {number} row */
  async #announce(row) {
    const { set } = /** @type {Loaded} */ (this.#loaded);
    const { network } = /** @type {Choice} */ (this.#choice);
    const text = await inWords(this.#knowledge, set.at(row), network.segment_seconds);
    if (this.#hovered === row) this.#parts.announcer.textContent = text;
  }

  // ---- selection --------------------------------------------------------------------------------

  /** Select points. @param {Point[]} points  those that are not on this map are passed over */
  select(points) {
    this.#selecting.select(points);
  }

  clearSelection() {
    this.#selecting.clear();
  }

  /** Leave the selection, then the tool. @returns {boolean} whether there was one to leave */
  leave() {
    return this.#selecting.leave();
  }

  /** What is not filtered out. @returns {import("./mask.js").Visible | null} null until there is a map */
  get visible() {
    return this.#loaded?.visible ?? null;
  }

  /** @param {1 | -1} direction  in or out */
  zoom(direction) {
    this.#map.zoomBy(ZOOM_STEP ** direction);
  }

  /** Show everything. */
  reset() {
    this.#map.reset();
  }

  /** @param {string} name @param {(detail: any) => void} handler */
  #on(name, handler) {
    this.#map.addEventListener(name, (event) => handler(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
