/**
 * The playlists that the server keeps. Changes of one are sent one after the other, each on the version that
 * the one before has made, so that two windows never overwrite each other unseen.
 *
 * Event `change`: there are others, or one of them is called or filled otherwise.
 */

import { ApiError } from "../api.js";
import { fetchPlaylist, fetchPlaylists, sendPlaylist } from "./requests.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./requests.js").Entry} Entry */
/** @typedef {import("./requests.js").PlaylistFacts} PlaylistFacts */
/** @typedef {import("./requests.js").Playlist} Playlist */

const BY_NAME = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Someone else has changed what was to be changed. @param {unknown} error */
export const isOutdated = (error) => error instanceof ApiError && error.status === 412;

/** @param {Point[]} points @param {Network} network */
const pointsOf = (points, network) => ({
  points: points.map(({ track, segment }) => [track, segment]),
  network: network.name,
});

/** @param {Entry[]} entries */
const entriesOf = (entries) => ({
  entries: entries.map(({ track, start, end }) => ({ track: track.id, start, end })),
});

export class Playlists extends EventTarget {
  /** @type {PlaylistFacts[]} by name */
  all = [];
  /** What was asked for last, done or failed. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** Look which there are. */
  async load() {
    this.#tell(await fetchPlaylists());
  }

  /** @param {number} id @returns {Promise<Playlist>} */
  async open(id) {
    const playlist = await fetchPlaylist(id);
    this.#remember(playlist);
    return playlist;
  }

  /** @param {string} name @param {Point[]} points @param {Network} network @returns {Promise<PlaylistFacts>} */
  create(name, points, network) {
    return this.#create({ name, ...pointsOf(points, network) });
  }

  /** Make one anew that was deleted. @param {Playlist} playlist @returns {Promise<PlaylistFacts>} */
  restore({ name, entries }) {
    return this.#create({ name, ...entriesOf(entries) });
  }

  /** @param {Record<string, any>} body */
  async #create(body) {
    return this.#remember(await sendPlaylist("POST", "", body));
  }

  /** @param {number} id @param {Point[]} points @param {Network} network */
  async append(id, points, network) {
    return this.#remember(await sendPlaylist("POST", `/${id}/entries`, pointsOf(points, network)));
  }

  /** @param {Playlist} playlist @param {string} name */
  rename(playlist, name) {
    return this.#change(playlist, "PATCH", "", { name });
  }

  /** Send the entries of a playlist as they are now. @param {Playlist} playlist */
  store(playlist) {
    return this.#change(playlist, "PUT", "/entries", entriesOf(playlist.entries));
  }

  /** @param {Playlist} playlist */
  async delete(playlist) {
    await this.#inTurn(() => sendPlaylist("DELETE", `/${playlist.id}`, null, playlist.version));
    this.#tell(this.all.filter(({ id }) => id !== playlist.id));
  }

  /** @param {Playlist} playlist @param {string} method @param {string} part @param {Record<string, any>} body */
  #change(playlist, method, part, body) {
    return this.#inTurn(async () => {
      const facts = await sendPlaylist(method, `/${playlist.id}${part}`, body, playlist.version);
      Object.assign(playlist, facts);
      this.#remember(facts);
    });
  }

  /** @template T @param {() => Promise<T>} run @returns {Promise<T>} */
  #inTurn(run) {
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** @param {PlaylistFacts} playlist @returns {PlaylistFacts} */
  #remember({ id, name, version, length, seconds }) {
    const facts = { id, name, version, length, seconds };
    this.#tell([...this.all.filter((other) => other.id !== id), facts]);
    return facts;
  }

  /** @param {PlaylistFacts[]} playlists */
  #tell(playlists) {
    this.all = playlists.toSorted((a, b) => BY_NAME.compare(a.name, b.name) || a.id - b.id);
    this.dispatchEvent(new Event("change"));
  }
}
