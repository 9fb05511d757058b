/** What is beside the map: the pages of the panel. It knows which of them need to be told what. */

import { isCopy } from "../api.js";
import { Details } from "../details.js";
import { h } from "../dom.js";
import { formatCount } from "../format.js";
import { Panel } from "./panel.js";
import { PlaylistMenu } from "./playlist-menu.js";
import { Playlists } from "./playlists.js";
import { PlaylistsPage } from "./playlists-page.js";
import { QualityPage } from "./quality-page.js";
import { SelectionPage } from "./selection-page.js";
import { TaggramPage } from "./taggram-page.js";

/** @typedef {import("../catalogue.js").Choice} Choice */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("../state.js").Tab} Tab */

/**
 * @typedef {object} BesideHandlers
 * @property {(point: Point) => void} onChoosePoint
 * @property {(points: Point[]) => void} onSelect  these are to be selected instead
 * @property {(tab: Tab) => void} onTab            another page is seen
 * @property {(id: number | null) => void} onPlaylist  this playlist is wanted; null: all of them
 * @property {(points: Point[]) => void} onRoute   a way over the map, from point to point
 */

export class Beside {
  #details;
  #panel;
  #taggram;
  #selection;
  #playlists;
  #playlistMenu;
  #quality;
  #listening;
  /** @type {Choice | null} */
  #choice = null;

  /**
   * @param {HTMLElement} root  of the panel
   * @param {import("../api.js").Catalogue} catalogue
   * @param {import("../card.js").Knowledge} knowledge
   * @param {import("./listening.js").Listening} listening
   * @param {import("./names.js").Names} names
   * @param {BesideHandlers & import("../details.js").DetailHandlers} handlers
   */
  constructor(root, catalogue, knowledge, listening, names, handlers) {
    this.#listening = listening;
    const point = h("section.details");
    this.#details = new Details(point, knowledge, { ...handlers, ...this.#actions(handlers) });
    const playlists = new Playlists();
    this.#playlists = new PlaylistsPage(playlists, listening, {
      onOpen: handlers.onPlaylist,
      onSelect: handlers.onSelect,
      onRoute: handlers.onRoute,
      selection: () => this.#selection.points,
    });
    this.#playlistMenu = new PlaylistMenu(playlists, (id) => this.#playlists.visit(id));
    this.#taggram = new TaggramPage(catalogue.networks, (seconds) => this.#seek(seconds));
    this.#selection = new SelectionPage(names, {
      onPlayAll: (points) => listening.playAll(points, this.#network),
      onAppend: (points) => listening.append(points, this.#network),
      onKeep: isCopy ? null : (points) => this.#playlistMenu.open(points, this.#network),
      onChoose: handlers.onChoosePoint,
      onSelect: handlers.onSelect,
    });
    this.#quality = new QualityPage(handlers.onChoosePoint);
    this.#panel = new Panel(root, [
      { name: "point", title: "Point", element: point },
      { name: "taggram", title: "Taggram", element: this.#taggram.element },
      { name: "selection", title: "Selection", element: this.#selection.element },
      ...(isCopy ? [] : [{ name: "playlists", title: "Playlists", element: this.#playlists.element }]),
      { name: "quality", title: "Quality", element: this.#quality.element },
    ]);
    root.append(this.#playlistMenu.element);
    this.#panel.addEventListener("page", () => {
      this.#taggram.shown();
      this.#playlists.shown();
      this.#quality.shown();
      handlers.onTab(/** @type {Tab} */ (this.#panel.page));
    });
    listening.player.addEventListener("change", () => this.#heard());
    listening.player.addEventListener("time", () => this.#taggram.time(listening.player.time));
  }

  get #network() {
    return /** @type {Choice} */ (this.#choice).network;
  }

  /** What can be done with the chosen point, and with it and all its neighbours. @param {BesideHandlers} handlers */
  #actions({ onSelect }) {
    const next = (/** @type {Point[]} */ points) => this.#listening.insertNext(points, this.#network);
    const append = (/** @type {Point[]} */ points) => this.#listening.append(points, this.#network);
    const add = (/** @type {Point[]} */ points) => onSelect(united(this.#selection.points, points));
    const keep = (/** @type {Point[]} */ points) => this.#playlistMenu.open(points, this.#network);
    const kept = (/** @type {string} */ label, /** @type {string} */ title) =>
      isCopy ? [] : [{ label, title, run: keep }];
    return {
      actions: [
        { label: "Play next", title: "Put it into the queue, after what is heard now", run: next },
        { label: "Add to queue", title: "Put it at the end of the queue", run: append },
        { label: "Select", title: "Add it to the selection", run: add },
        ...kept("Add to playlist", "Put it into a playlist"),
      ],
      actionsAll: [
        { label: "Add all to queue", title: "Put it and all these at the end of the queue", run: append },
        { label: "Select all", title: "Add it and all these to the selection", run: add },
        ...kept("Add all to playlist", "Put it and all these into a playlist"),
      ],
    };
  }

  /** The map shows something else. @param {Choice} choice */
  follow(choice) {
    this.#choice = choice;
    this.#playlists.follow(choice.network);
    this.#quality.follow(choice);
    this.#heard();
  }

  /**
   * Show a point, or that there is none.
   * @param {Point | null} point
   * @param {import("../api.js").Network} network
   * @param {string} layer
   */
  choose(point, network, layer) {
    if (point) this.#details.show(point, network, layer);
    else this.#details.clear();
  }

  /** @param {Tab} tab  to be seen */
  open(tab) {
    this.#panel.show(tab);
  }

  /** @param {number | null} id  of the playlist that is open on its page */
  openPlaylist(id) {
    this.#playlists.open(id);
  }

  /** A point was chosen on the map: its page is seen, unless one is that has to do with it, too. */
  bringPoint() {
    const { page } = this.#panel;
    const stays = page === "taggram" || page === "playlists" || (page === "selection" && this.#selection.points.length > 0);
    if (!stays) this.#panel.show("point");
  }

  /**
   * Others are selected.
   * @param {Point[]} points
   * @param {{open: boolean}} options  open: bring the selection if there was none
   */
  select(points, { open }) {
    const before = this.#selection.points.length;
    this.#selection.show(points, this.#network);
    this.#playlists.selected(points.length);
    this.#panel.count("selection", points.length ? formatCount(points.length) : "");
    if (open && points.length && !before && this.#panel.page !== "playlists") this.#panel.show("selection");
  }

  #heard() {
    const { piece } = this.#listening.player;
    if (this.#choice) this.#taggram.follow(piece?.track ?? null, this.#network.name);
  }

  /** @param {number} seconds */
  #seek(seconds) {
    const { player } = this.#listening;
    if (player.piece) player.seek(seconds);
  }
}

/** @param {Point[]} points @param {Point[]} more @returns {Point[]} each once */
function united(points, more) {
  const keys = new Set(points.map(({ track, segment }) => `${track}:${segment}`));
  return [...points, ...more.filter(({ track, segment }) => !keys.has(`${track}:${segment}`))];
}
