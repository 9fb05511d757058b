/** The page of the panel with the playlists: all of them, or one that is open. */

import { h, showIn } from "../dom.js";
import { countOf, formatCount, formatTime } from "../format.js";
import { PlaylistView } from "./playlist-view.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./playlists.js").Playlists} Playlists */
/** @typedef {import("./requests.js").Playlist} Playlist */
/** @typedef {import("./requests.js").PlaylistFacts} PlaylistFacts */

/** Entries between which the way on the map is drawn: it is drawn anew whenever the pointer moves. */
const LONGEST_ROUTE = 1000;

/**
 * @typedef {object} PlaylistsHandlers
 * @property {(id: number | null) => void} onOpen    this one is wanted; null: all of them
 * @property {(points: Point[]) => void} onSelect    these are to be selected instead
 * @property {(points: Point[]) => void} onRoute     the way from entry to entry; none where it is not to be seen
 * @property {() => Point[]} selection               what is selected now
 */

export class PlaylistsPage {
  element = h("section.playlists-page");
  #playlists;
  #handlers;
  #view;
  /** @type {number | null} the one that is wanted */
  #id = null;
  /** @type {Network | null} */
  #network = null;
  /** Whether what is shown may have changed meanwhile. */
  #stale = true;
  /** Whether the one that is opened next gets the focus. */
  #arriving = false;
  /** Whether one is being made. */
  #making = false;
  #note = h("p.note", { role: "status" });
  #hint = h(
    "p.note",
    {},
    "There are none yet. A playlist keeps tracks, or stretches of them, in an order of your own. Make one here, " +
      "or with “Add to playlist” beside a point, its neighbours or a selection.",
  );
  #rows = h("ul.playlist-rows");
  #name = /** @type {HTMLInputElement} */ (
    h("input", { type: "text", maxlength: 200, required: true, placeholder: "Name", "aria-label": "Name of a new playlist" })
  );
  #make = h("button.primary", { type: "submit" }, "Make");
  #fill = h("option", { value: "selection" });
  #from = /** @type {HTMLSelectElement} */ (
    h("select", { "aria-label": "What is in it" }, h("option", { value: "nothing" }, "empty"), this.#fill)
  );
  #title = h("h2", { tabindex: -1 }, "Playlists");
  #all = h(
    "div",
    {},
    this.#title,
    h(
      "form.new-playlist",
      { "aria-label": "New playlist", onsubmit: (/** @type {Event} */ event) => this.#create(event) },
      this.#name,
      this.#from,
      this.#make,
    ),
    this.#note,
    this.#hint,
    this.#rows,
  );

  /**
   * @param {Playlists} playlists
   * @param {import("./listening.js").Listening} listening
   * @param {PlaylistsHandlers} handlers
   */
  constructor(playlists, listening, handlers) {
    this.#playlists = playlists;
    this.#handlers = handlers;
    this.#view = new PlaylistView(playlists, listening, {
      onBack: () => this.#leave(),
      onDeleted: (playlist) => this.#deleted(playlist),
      onSelect: handlers.onSelect,
      onChange: () => this.#route(),
    });
    playlists.addEventListener("change", () => this.#changed());
    this.#list();
    showIn(this.element, this.#all);
  }

  /** Another page of the panel is seen, perhaps this one. */
  shown() {
    this.#route();
    if (this.element.hidden) this.#stale = true;
    else if (this.#stale) this.#bring();
  }

  /** @param {Network} network  that is on the map */
  follow(network) {
    if (network === this.#network) return;
    this.#network = network;
    this.#view.follow(network);
    this.#route();
  }

  /** @param {number | null} id  of the playlist that is to be seen; null for all of them */
  open(id) {
    if (id === this.#id) return;
    this.#id = id;
    if (!this.element.hidden) this.#bring();
  }

  /** Open one, and go to it. @param {number} id */
  visit(id) {
    this.#tell("");
    this.#arriving = true;
    if (id === this.#id && !this.element.hidden) this.#bring();
    else this.#handlers.onOpen(id);
  }

  /** Others are selected. @param {number} count */
  selected(count) {
    this.#fill.textContent = count ? `selection (${formatCount(count)})` : "selection";
    this.#fill.toggleAttribute("disabled", !count);
    this.#from.value = count ? "selection" : "nothing";
  }

  /** Fetch what is to be seen, and show it. */
  async #bring() {
    this.#stale = false;
    const id = this.#id;
    try {
      if (id === null) {
        showIn(this.element, this.#all);
        this.#route();
        await this.#playlists.load();
      } else {
        const playlist = await this.#playlists.open(id);
        if (id !== this.#id) return;
        this.#view.show(playlist);
        showIn(this.element, this.#view.element);
        this.#route();
        if (this.#arriving) this.#view.focus();
        this.#arriving = false;
      }
    } catch (error) {
      if (id !== this.#id) return;
      if (id !== null) this.#handlers.onOpen(null);
      this.#tell(error instanceof Error ? error.message : String(error), { bad: true });
    }
  }

  #leave() {
    const left = this.#id;
    this.#tell("");
    this.#handlers.onOpen(null);
    const row = this.#rows.querySelector(`[data-playlist="${left}"]`);
    /** @type {HTMLElement} */ (row ?? this.#title).focus();
  }

  /** There are others, or the open one was filled from elsewhere on the page. */
  #changed() {
    this.#list();
    const open = this.#view.playlist;
    const known = this.#playlists.all.find(({ id }) => id === open?.id);
    if (!known || known.id !== this.#id || known.version === open?.version) return;
    this.#stale = true;
    this.shown();
  }

  #list() {
    const { all } = this.#playlists;
    this.#hint.hidden = all.length > 0;
    const focused = document.activeElement?.getAttribute("data-playlist");
    this.#rows.replaceChildren(...all.map((playlist) => this.#row(playlist)));
    if (focused) /** @type {HTMLElement | null} */ (this.#rows.querySelector(`[data-playlist="${focused}"]`))?.focus();
  }

  /** @param {PlaylistFacts} playlist */
  #row({ id, name, length, seconds }) {
    const facts = [countOf(length, "piece"), length ? formatTime(seconds) : null];
    const open = () => this.visit(id);
    return h(
      "li",
      {},
      h(
        "button.playlist-row",
        { type: "button", "data-playlist": id, onclick: open },
        h("span.order-title", {}, name),
        h("span.order-facts", {}, facts.filter(Boolean).join(" · ")),
      ),
    );
  }

  /** @param {Event} event */
  async #create(event) {
    event.preventDefault();
    if (this.#making) return;
    this.#wait(true);
    const points = this.#from.value === "selection" ? this.#handlers.selection() : [];
    try {
      const network = /** @type {Network} */ (this.#network);
      const { id } = await this.#playlists.create(this.#name.value, points, network);
      this.#name.value = "";
      this.visit(id);
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error), { bad: true });
    } finally {
      this.#wait(false);
    }
  }

  /** @param {boolean} making  one is being made: the button waits, and keeps the focus */
  #wait(making) {
    this.#making = making;
    this.#make.setAttribute("aria-disabled", String(making));
  }

  /** @param {Playlist} playlist */
  #deleted(playlist) {
    this.#handlers.onOpen(null);
    const undo = async () => {
      try {
        const { id } = await this.#playlists.restore(playlist);
        this.visit(id);
      } catch (error) {
        this.#tell(error instanceof Error ? error.message : String(error), { bad: true });
      }
    };
    this.#tell(`“${playlist.name}” is deleted. `, { undo });
    /** @type {HTMLElement | null} */ (this.#note.querySelector("button"))?.focus();
  }

  /** Let the map show the way through the open playlist, as long as its page is seen. */
  #route() {
    const open = !this.element.hidden && this.#id !== null && this.#view.playlist?.id === this.#id;
    this.#handlers.onRoute(open && this.#network ? this.#view.route.slice(0, LONGEST_ROUTE) : []);
  }

  /** @param {string} text @param {{bad?: boolean, undo?: () => void}} options */
  #tell(text, { bad = false, undo } = {}) {
    this.#note.classList.toggle("bad", bad);
    this.#note.replaceChildren(text);
    if (undo) this.#note.append(h("button.more", { type: "button", onclick: undo }, "Undo"));
  }
}
