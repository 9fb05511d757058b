/** The page: fetches what exists, holds the state, and lets pane, panel and player know of each other. */

import { Agreement } from "./agreement.js";
import { fetchCatalogue, fetchTags, fetchTrack, isCopy } from "./api.js";
import { Beside } from "./beside/beside.js";
import { Listening } from "./beside/listening.js";
import { Names } from "./beside/names.js";
import { choose, complete, missingIn } from "./catalogue.js";
import { part } from "./dom.js";
import { countOf } from "./format.js";
import { helpOverlay } from "./help.js";
import { bindKeys } from "./keyboard.js";
import { memo } from "./memo.js";
import { nothingToShow, showMessage, showNotice } from "./message.js";
import { Panes } from "./panes.js";
import { Search } from "./search.js";
import { isTooLong, readSelection, writeSelection } from "./selection-text.js";
import { Song } from "./song/song.js";
import { takeDrops } from "./song/veil.js";
import { parseQuery, Store } from "./state.js";
import { watchLibrary } from "./watch.js";
import { networkName } from "./words.js";

/** @typedef {import("./api.js").Catalogue} Catalogue */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const TITLE = document.title;
/** Points that "next neighbour" does not come back to. */
const REMEMBERED = 100;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { dataset } = document.documentElement;
const knowledge = { track: memo(fetchTrack), tags: memo(fetchTags) };

class Explorer {
  #catalogue;
  #store;
  #panes;
  #agreement;
  #beside;
  #listening;
  #search;
  #player;
  /** @type {Song | null} none where there is no server to hear it */
  #song = null;
  /** What the address selects on a map that is still to come. @type {{selected: string | null} | null} */
  #awaited = null;
  /** @type {import("./api.js").Neighbour[]} of the chosen point */
  #neighbours = [];
  /** @type {string[]} points that were chosen lately */
  #visited = [];
  /** @type {Point[]} that were chosen before the one that is, the latest last */
  #trail = [];

  /** @param {Catalogue} catalogue  with at least one network */
  constructor(catalogue) {
    this.#catalogue = catalogue;
    this.#panes = new Panes(element("panes"), catalogue, knowledge);
    this.#agreement = new Agreement(element("agreement"), () => this.#showAgreement());
    const missing = missingIn(catalogue, parseQuery(location.search));
    this.#store = new Store((wish) => complete(catalogue, wish));
    const names = new Names();
    this.#listening = new Listening(element("player"), knowledge, names, {
      onNearest: () => this.#next(),
      onShow: (point) => this.#show(point),
    });
    this.#beside = new Beside(element("panel"), catalogue, knowledge, this.#listening, names, {
      onChoose: ({ track, segment }) => this.#choose({ track: track.id, segment }),
      onChoosePoint: (point) => this.#choose(point),
      onPoint: (neighbour) => this.#panes.point(neighbour && pointOf(neighbour)),
      onNeighbours: (neighbours) => {
        this.#neighbours = neighbours;
        this.#panes.link(neighbours.map(pointOf));
      },
      onTag: (tag) => this.#store.update({ colour: `tag:${tag}` }),
      onSelect: (points) => this.#panes.select(points),
      onPlaylist: (playlist) => this.#store.update({ playlist, tab: "playlists" }),
      onRoute: (points) => this.#panes.route(points),
      onTab: (tab) => this.#store.update({ tab }, { step: false }),
    });
    this.#player = this.#listening.player;
    this.#search = new Search(element("search"), ({ id }) => {
      this.#beside.open("point");
      this.#choose({ track: id, segment: this.#store.state.level === "tracks" ? null : 0 });
      element("page-point").focus({ preventScroll: true });
    });
    if (!isCopy) this.#song = this.#invite();
    this.#listen();
    this.#bind();
    if (missing.length) this.#excuse(missing);
    this.#awaited = { selected: this.#store.state.selected };
    this.#draw(this.#store.state);
    this.#inform();
    this.#hear(this.#store.state, false);
  }

  /** Let songs be added that are not in the library. */
  #invite() {
    const song = new Song(element("song"), this.#catalogue, {
      onId: (song) => this.#store.update({ song }),
      onPlaces: (places) => this.#panes.placeSong(places),
      onChoose: (point, at) => {
        this.#beside.bringPoint();
        this.#choose(this.#panes.inFirst(point, at));
      },
      onPoint: (point, at) => this.#panes.point(point && this.#panes.inFirst(point, at)),
      onPlay: () => this.#player.playing && this.#player.toggle(),
    });
    const add = (/** @type {File[]} */ files) => {
      if (files.length > 1) {
        const first = `You see the first of ${files.length} files. The page “Analyse” takes all of them.`;
        showNotice(element("notice"), first);
      }
      song.add(files[0]);
    };
    const input = /** @type {HTMLInputElement} */ (element("song-file"));
    input.addEventListener("change", () => {
      add([...(input.files ?? [])]);
      input.value = "";
    });
    element("add-song").hidden = false;
    element("add-song").addEventListener("click", () => input.click());
    takeDrops(add);
    return song;
  }

  #listen() {
    this.#on("wish", ({ wish }) => this.#store.update(wish));
    this.#on("choose", ({ point }) => {
      this.#beside.bringPoint();
      this.#choose(point);
    });
    this.#on("selection", ({ points }) => {
      this.#beside.select(points, { open: !this.#awaited });
      if (this.#awaited) return;
      // What another map makes of the selection is no step of the user's.
      this.#store.update({ selected: writeSelection(points) }, { step: dataset.state === "ready" });
    });
    this.#on("hover", ({ point }) => this.#listening.point(point, this.#choice.network));
    this.#on("view", ({ wish }) => this.#store.update(wish, { step: false }));
    this.#on("state", ({ state, points }) => {
      Object.assign(dataset, { state, points: String(points) });
      if (state === "ready" && this.#awaited) this.#restore(this.#awaited.selected);
    });
    this.#store.subscribe((state, before, travelled) => {
      const isOther = travelled && state.selected !== before.selected;
      if (isOther) this.#awaited = { selected: state.selected };
      this.#draw(state);
      if (isOther && dataset.state === "ready") this.#restore(state.selected);
      const names = /** @type {const} */ (["track", "segment", "network", "layer"]);
      if (names.some((name) => state[name] !== before[name])) this.#inform();
      // Where the user goes back, the sound follows if there is any, and waits there otherwise.
      if (travelled) this.#hear(state, this.#player.playing);
    });
    this.#player.addEventListener("change", () => this.#heard());
    this.#player.addEventListener("time", () => this.#heard());
  }

  /** Say that something else is shown than the address asks for. @param {string[]} missing */
  #excuse(missing) {
    const { network, layer, projection } = this.#choice;
    const shown = [networkName(network.name), layer.name, projection?.title].filter(Boolean).join(", ");
    showNotice(element("notice"), `This library has no ${missing.join(", no ")}. You see ${shown}.`);
  }

  /** Select what the address says. @param {string | null} selected */
  #restore(selected) {
    this.#awaited = { selected };
    const points = readSelection(selected);
    if (points.length) this.#panes.select(points);
    else this.#panes.clearSelection();
    this.#awaited = null;
  }

  /** @param {State} state */
  #draw(state) {
    element("panes").classList.toggle("two", state.other !== null);
    element("panes").classList.toggle("unlinked", isTooLong(state.selected));
    element("compare-button").setAttribute("aria-pressed", String(state.other !== null));
    this.#panes.show(state);
    this.#agreement.show(state);
    this.#song?.show(state);
    this.#beside.follow(this.#choice);
    this.#beside.openPlaylist(state.playlist);
    this.#beside.open(state.tab);
  }

  /** Open another map beside the first, or close it. */
  #compare() {
    this.#store.update({ other: this.#store.state.other ? null : /** @type {any} */ ({}) });
  }

  /** Colour both maps by how far they agree. */
  #showAgreement() {
    const { network, layer, other } = this.#store.state;
    if (!other) return;
    this.#store.update({
      colour: `overlap:${other.network}/${other.layer}`,
      other: { ...other, colour: `overlap:${network}/${layer}` },
    });
  }

  #bind() {
    const open = () => show();
    const bindings = [
      { keys: [" "], shown: "space", does: "play or pause", run: () => this.#player.toggle() },
      { keys: ["/"], shown: "/", does: "search for a track", run: () => this.#search.focus() },
      { keys: ["n"], shown: "n", does: "to the nearest neighbour not yet heard", run: () => this.#next() },
      { keys: ["b"], shown: "b", does: "back to the point chosen before", run: () => this.#back() },
      { keys: ["+", "="], shown: "+", does: "zoom in", run: () => this.#panes.zoom(1) },
      { keys: ["-", "−"], shown: "−", does: "zoom out", run: () => this.#panes.zoom(-1) },
      { keys: ["0"], shown: "0", does: "show everything", run: () => this.#panes.reset() },
      { keys: ["c"], shown: "c", does: "another map beside this one", run: () => this.#compare() },
      { keys: ["."], shown: ".", does: "next in the queue", run: () => this.#listening.next() },
      { keys: [","], shown: ",", does: "previous in the queue", run: () => this.#listening.previous() },
      { keys: ["q"], shown: "q", does: "show the queue", run: () => element("queue").togglePopover() },
      { keys: ["m"], shown: "m", does: "sound off or on", run: () => this.#player.toggleMute() },
      {
        keys: ["Escape"],
        shown: "Esc",
        does: "select nothing, then choose nothing",
        run: () => this.#panes.leave() || this.#chooseNone(),
      },
      { keys: ["?"], shown: "?", does: "this list", run: open },
    ];
    const show = helpOverlay(/** @type {HTMLDialogElement} */ (element("help")), bindings);
    element("help-button").addEventListener("click", open);
    element("compare-button").addEventListener("click", () => this.#compare());
    bindKeys(bindings);
  }

  /** Choose a point, show it and play it. @param {Point} point */
  #choose(point) {
    this.#show(point);
    this.#hear(point, this.#listening.playOn !== "off");
  }

  /** @param {Point} point */
  #show(point) {
    this.#remember(point);
    this.#store.update(point);
    this.#panes.reveal(point);
  }

  /** Show in the panel what the state has chosen. */
  #inform() {
    const { network, layer } = this.#choice;
    const { track, segment } = this.#store.state;
    this.#neighbours = [];
    this.#panes.link([]);
    this.#beside.choose(track === null ? null : { track, segment }, network, layer.name);
  }

  /** @param {{track: number | null, segment: number | null}} point @param {boolean} aloud  or only made ready */
  #hear({ track, segment }, aloud) {
    if (track !== null) this.#listening.hear({ track, segment }, this.#choice.network, aloud);
  }

  get #choice() {
    return choose(this.#catalogue, this.#store.state);
  }

  /** On to the nearest neighbour that was not chosen lately. */
  #next() {
    const points = this.#neighbours.map(pointOf);
    const next = points.find((point) => !this.#visited.includes(keyOf(point))) ?? points[0];
    if (next) this.#choose(next);
  }

  /** Back to the point that was chosen before, whatever else was done since. */
  #back() {
    const here = keyOf(this.#store.state);
    const at = this.#trail.findLastIndex((point) => keyOf(point) !== here);
    if (at < 0) return;
    const [point, rest] = [this.#trail[at], this.#trail.slice(0, at)];
    this.#choose(point);
    this.#trail = rest;
  }

  #chooseNone() {
    this.#remember();
    this.#store.update({ track: null });
  }

  /** @param {Point} [point]  that is chosen next */
  #remember(point) {
    const { track, segment } = this.#store.state;
    if (track !== null) {
      this.#trail.push({ track, segment });
      this.#visited.push(keyOf({ track, segment }));
    }
    if (point) this.#visited.push(keyOf(point));
    for (const list of [this.#trail, this.#visited]) list.splice(0, list.length - REMEMBERED);
  }

  /** Follow the sound on the map and in the window's title. */
  #heard() {
    const { piece, playing, time } = this.#player;
    if (playing) this.#song?.pause();
    this.#panes.follow(piece && (playing || time > 0) ? { track: piece.track.id, time } : null);
    const title = playing && piece ? `${piece.track.title} · ${TITLE}` : TITLE;
    if (document.title !== title) document.title = title;
  }

  /** The server answers. */
  reconnect() {
    this.#panes.reconnect();
  }

  /** @param {string} name @param {(detail: any) => void} handler */
  #on(name, handler) {
    this.#panes.addEventListener(name, (event) => handler(/** @type {CustomEvent} */ (event).detail));
  }
}

/** @param {import("./api.js").Neighbour} neighbour @returns {Point} */
const pointOf = ({ track, segment }) => ({ track: track.id, segment });

/** @param {{track: number | null, segment: number | null}} point */
const keyOf = ({ track, segment }) => `${track}:${segment}`;

/** @param {Catalogue} catalogue */
function describeLibrary({ library: { tracks, segments } }) {
  const counts = [countOf(tracks, "track"), segments ? countOf(segments, "segment") : null];
  element("library").textContent = counts.filter(Boolean).join(" · ");
}

async function start() {
  const place = part(document, "message");
  try {
    const catalogue = await fetchCatalogue();
    dataset.snapshot = catalogue.snapshot?.id ?? "";
    describeLibrary(catalogue);
    const explorer = catalogue.networks.length ? new Explorer(catalogue) : null;
    const [snapshot, reload] = [catalogue.snapshot?.id ?? null, () => location.reload()];
    watchLibrary(element("running"), snapshot, reload, () => explorer?.reconnect());
    if (explorer) return;
    dataset.state = "empty";
    dataset.points = "0";
    showMessage(place, nothingToShow(catalogue.library.tracks));
  } catch (error) {
    dataset.state = "error";
    const message = error instanceof Error ? error.message : String(error);
    const action = { label: "Try again", run: () => location.reload() };
    showMessage(place, { title: "The map cannot be shown", lines: [message], action, urgent: true });
  }
}

start();
