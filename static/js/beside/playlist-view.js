/** An open playlist: to hear, call otherwise, order, thin out, see on the map, save and delete. */

import { h, icon } from "../dom.js";
import { countOf, formatTime } from "../format.js";
import { OrderList } from "./order-list.js";
import { isOutdated } from "./playlists.js";
import { playlistFile } from "./requests.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./listening.js").Listening} Listening */
/** @typedef {import("./queue.js").Item} Item */
/** @typedef {import("./playlists.js").Playlists} Playlists */
/** @typedef {import("./requests.js").Entry} Entry */
/** @typedef {import("./requests.js").Playlist} Playlist */

const BACK = "M9.5 3L4.5 8l5 5";
const OUTDATED = "It was changed elsewhere meanwhile, so your change was not made. This is how it is now.";
const FORMS = /** @type {const} */ ([
  ["m3u8", "M3U8"],
  ["xspf", "XSPF"],
  ["csv", "CSV"],
]);

/**
 * @typedef {object} PlaylistHandlers
 * @property {() => void} onBack                       all playlists are wanted
 * @property {(playlist: Playlist) => void} onDeleted
 * @property {(points: Point[]) => void} onSelect      these are to be selected instead
 * @property {() => void} onChange                     there are other entries, or in another order
 */

export class PlaylistView {
  #playlists;
  #listening;
  #handlers;
  /** @type {Playlist | null} */
  #playlist = null;
  /** @type {Network | null} */
  #network = null;
  /** What was put into the queue from here. @type {WeakMap<Item, Entry>} */
  #queued = new WeakMap();
  #name = h("h2", { tabindex: -1 });
  #rename = h("button.quiet", { type: "button", onclick: () => this.#startRenaming() }, "Rename");
  #input = /** @type {HTMLInputElement} */ (
    h("input", { type: "text", maxlength: 200, required: true, "aria-label": "Name of the playlist" })
  );
  #form = h(
    "form.rename",
    { hidden: true, onsubmit: (/** @type {Event} */ event) => this.#finishRenaming(event) },
    this.#input,
    h("button.primary", { type: "submit" }, "Save"),
    h("button.quiet", { type: "button", onclick: () => this.#stopRenaming() }, "Cancel"),
  );
  #facts = h("p.facts");
  #note = h("p.note", { role: "status" });
  #hint = h(
    "p.note",
    {},
    "It is empty. “Add to playlist” beside a point, its neighbours or a selection puts music here.",
  );
  #needing;
  #files = FORMS.map(([format, label]) =>
    h("a", { download: "", "data-format": format, title: `Save as ${label}` }, label),
  );
  #list;
  element;

  /** @param {Playlists} playlists @param {Listening} listening @param {PlaylistHandlers} handlers */
  constructor(playlists, listening, handlers) {
    this.#playlists = playlists;
    this.#listening = listening;
    this.#handlers = handlers;
    this.#list = new OrderList("Entries of the playlist", {
      describe: (place) => this.#describe(place),
      onPlay: (place) => this.#play(place),
      onMove: (from, to) => this.#move(from, to),
      onRemove: (place) => this.#remove(place),
      onEmpty: () => this.#name.focus(),
    });
    const back = h("button.icon", { type: "button", "aria-label": "All playlists", title: "All playlists", onclick: handlers.onBack }, icon(BACK));
    this.#needing = [
      button("Play all", "Put all into the queue, in this order, and play", () => this.#play(0)),
      button("Add to queue", "Put all at the end of the queue", () => listening.appendItems(this.#items())),
      button("Select", "Select on the map what is in it", () => handlers.onSelect(this.#points())),
    ];
    this.element = h(
      "div.playlist",
      {},
      h("header.playlist-head", {}, back, this.#name, this.#rename, this.#form),
      this.#facts,
      h("div.actions", {}, ...this.#needing, button("Delete", "Delete the playlist; the music stays", () => this.#delete())),
      h("p.files", {}, h("span.note", {}, "Save as"), ...this.#files),
      this.#hint,
      this.#list.element,
      this.#note,
    );
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#stopRenaming();
    });
    listening.queue.addEventListener("change", () => this.#playlist && this.#list.refresh());
  }

  get playlist() {
    return this.#playlist;
  }

  /** @param {Network} network  that is on the map */
  follow(network) {
    this.#network = network;
  }

  /** @param {Playlist} playlist */
  show(playlist) {
    // What was said of a playlist stays when it is shown again, for instance as it came a second time.
    if (playlist.id !== this.#playlist?.id) this.#tell("");
    this.#playlist = playlist;
    this.#stopRenaming({ focus: false });
    this.#fill();
  }

  /** Give the focus to what it is called. */
  focus() {
    this.#name.focus();
  }

  /** The point of each entry on the map: the one in its middle. @returns {Point[]} */
  get route() {
    const { entries } = this.#open;
    return entries.map((entry) => ({ track: entry.track.id, segment: this.#middle(entry) }));
  }

  get #open() {
    return /** @type {Playlist} */ (this.#playlist);
  }

  #fill() {
    const { id, name, entries } = this.#open;
    this.#name.textContent = name;
    const missing = entries.filter((entry) => entry.missing).length;
    const seconds = entries.reduce((sum, entry) => sum + lasting(entry), 0);
    this.#facts.textContent = [
      countOf(entries.length, "piece"),
      entries.length ? formatTime(seconds) : null,
      missing ? `${countOf(missing, "file")} missing` : null,
    ]
      .filter(Boolean)
      .join(" · ");
    for (const control of this.#needing) control.disabled = !entries.length;
    for (const link of this.#files) {
      link.setAttribute("href", playlistFile(id, /** @type {any} */ (link.dataset.format)));
    }
    this.#hint.hidden = entries.length > 0;
    this.#list.element.hidden = !entries.length;
    this.#list.show(entries.length);
    this.#handlers.onChange();
  }

  /** @param {number} place @returns {import("./order-list.js").Line} */
  #describe(place) {
    const entry = this.#open.entries[place];
    const { track, start, end, missing } = entry;
    const { queue } = this.#listening;
    const heard = queue.item(queue.at);
    const when = start === null ? track.duration : null;
    const facts = [
      missing ? "file missing" : null,
      track.artist,
      start === null || end === null ? null : `${formatTime(start)} – ${formatTime(end)}`,
      when === null ? null : formatTime(when),
    ];
    return {
      title: track.title,
      facts: facts.filter(Boolean).join(" · "),
      current: heard !== undefined && this.#queued.get(heard) === entry,
      missing,
    };
  }

  // ---- hearing and seeing -------------------------------------------------------------------------

  /** @param {number} place  of the first one that is heard */
  #play(place) {
    this.#listening.playItems(this.#items(), place);
  }

  /** @returns {Item[]} */
  #items() {
    return this.#open.entries.map((entry) => {
      const { track, start, end } = entry;
      const segment = start === null ? null : this.#middle(entry);
      const item = { track: track.id, segment, start: start ?? 0, end };
      this.#queued.set(item, entry);
      return item;
    });
  }

  /** @param {Entry} entry @returns {number} the segment that is heard in its middle */
  #middle({ track, start, end }) {
    const middle = start === null || end === null ? (track.duration ?? 0) / 2 : (start + end) / 2;
    return Math.floor(middle / this.#seconds);
  }

  get #seconds() {
    return /** @type {Network} */ (this.#network).segment_seconds;
  }

  /** Whole tracks, and the segments whose middle is heard in a stretch. @returns {Point[]} */
  #points() {
    return this.#open.entries.flatMap((entry) => {
      const { track, start, end } = entry;
      if (start === null || end === null) return [{ track: track.id, segment: null }];
      const first = Math.ceil(start / this.#seconds - 0.5);
      const count = Math.ceil(end / this.#seconds - 0.5) - first;
      if (count < 1) return [{ track: track.id, segment: this.#middle(entry) }];
      return Array.from({ length: count }, (_, at) => ({ track: track.id, segment: first + at }));
    });
  }

  // ---- changing -----------------------------------------------------------------------------------

  /** @param {number} from @param {number} to */
  #move(from, to) {
    const entries = [...this.#open.entries];
    const [entry] = entries.splice(from, 1);
    entries.splice(to, 0, entry);
    this.#rearrange(entries, `${entry.track.title} is number ${to + 1} now.`);
  }

  /** @param {number} place */
  #remove(place) {
    const { entries } = this.#open;
    const gone = entries[place];
    this.#rearrange(entries.toSpliced(place, 1), `${gone.track.title} is removed.`, () =>
      this.#rearrange(this.#open.entries.toSpliced(place, 0, gone), `${gone.track.title} is back.`),
    );
  }

  /** @param {Entry[]} entries @param {string} done  in words @param {() => void} [undo] */
  #rearrange(entries, done, undo) {
    this.#open.entries = entries;
    this.#fill();
    this.#tell(done, { undo });
    this.#try(this.#playlists.store(this.#open));
  }

  #startRenaming() {
    this.#input.value = this.#open.name;
    this.#swap(true);
    this.#input.select();
  }

  /** @param {Event} event */
  async #finishRenaming(event) {
    event.preventDefault();
    const name = this.#input.value.trim();
    this.#stopRenaming();
    if (!name || name === this.#open.name) return;
    const playlist = this.#open;
    await this.#try(this.#playlists.rename(playlist, name));
    if (playlist === this.#playlist) this.#name.textContent = playlist.name;
  }

  #stopRenaming({ focus = true } = {}) {
    const renaming = !this.#form.hidden;
    this.#swap(false);
    if (focus && renaming) this.#rename.focus();
  }

  /** @param {boolean} renaming */
  #swap(renaming) {
    this.#form.hidden = !renaming;
    this.#name.hidden = renaming;
    this.#rename.hidden = renaming;
  }

  async #delete() {
    const playlist = this.#open;
    const done = await this.#try(this.#playlists.delete(playlist));
    if (done) this.#handlers.onDeleted(playlist);
  }

  /** Say why a change was not made, and show what there is instead. @param {Promise<void>} change */
  async #try(change) {
    const playlist = this.#open;
    try {
      await change;
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const now = await this.#playlists.open(playlist.id).catch(() => null);
      if (playlist !== this.#playlist) return false;
      if (now) this.show(now);
      this.#tell(isOutdated(error) ? OUTDATED : reason, { bad: true });
      return false;
    }
  }

  /** @param {string} text @param {{bad?: boolean, undo?: () => void}} options */
  #tell(text, { bad = false, undo } = {}) {
    this.#note.classList.toggle("bad", bad);
    this.#note.replaceChildren(text);
    if (undo) this.#note.append(" ", h("button.more", { type: "button", onclick: undo }, "Undo"));
  }
}

/** @param {Entry} entry @returns {number} seconds */
const lasting = ({ track, start, end }) => (start === null || end === null ? (track.duration ?? 0) : end - start);

/** @param {string} label @param {string} title @param {() => void} onclick */
const button = (label, title, onclick) =>
  /** @type {HTMLButtonElement} */ (h("button", { type: "button", title, onclick }, label));
