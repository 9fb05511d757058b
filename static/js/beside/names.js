/** What many tracks are called, fetched in few requests. Event `known`: some more have come. */

import { fetchTracks } from "./requests.js";

/** @typedef {import("./requests.js").TrackFacts} TrackFacts */

const AT_ONCE = 500;
const WAIT = 20;

export class Names extends EventTarget {
  /** @type {Map<number, TrackFacts | null>} null: asked for */
  #known = new Map();
  /** @type {Set<number>} */
  #wanted = new Set();
  #timer = 0;

  /** @param {number} id @returns {TrackFacts | null} null where it is still to come, or there is none */
  get(id) {
    if (!this.#known.has(id)) this.#want(id);
    return this.#known.get(id) ?? null;
  }

  /**
   * Fetch what is missing of many tracks.
   * @param {number[]} ids
   * @param {AbortSignal} signal
   * @param {(share: number) => void} onProgress
   */
  async need(ids, signal, onProgress) {
    const missing = [...new Set(ids)].filter((id) => !this.#known.get(id));
    for (let first = 0; first < missing.length && !signal.aborted; first += AT_ONCE) {
      await this.#fetch(missing.slice(first, first + AT_ONCE));
      onProgress(Math.min(1, (first + AT_ONCE) / missing.length));
    }
  }

  /** @param {number} id */
  #want(id) {
    this.#known.set(id, null);
    this.#wanted.add(id);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const ids = [...this.#wanted];
      this.#wanted.clear();
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        // What fails is asked for again when it is next needed.
        this.#fetch(ids.slice(first, first + AT_ONCE)).catch(() =>
          ids.forEach((id) => this.#known.get(id) ?? this.#known.delete(id)),
        );
      }
    }, WAIT);
  }

  /** @param {number[]} ids */
  async #fetch(ids) {
    for (const track of await fetchTracks(ids)) this.#known.set(track.id, track);
    this.dispatchEvent(new Event("known"));
  }
}
