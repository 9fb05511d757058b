/** A song that is not in the library: sends it, waits for what is found, and finds its place on each map. */

import {
  cancelAnalysis,
  fetchPlace,
  fetchSound,
  follow,
  keepAudio,
  retryAnalysis,
  sendFile,
} from "../analyse/requests.js";
import { isAbort, reasonOf } from "../analyse/words.js";
import { ApiError } from "../api.js";
import { TAGGRAMS } from "../catalogue.js";
import { networkName } from "../words.js";
import { SongCard } from "./card.js";
import { planesOf } from "./places.js";

/** @typedef {import("../analyse/requests.js").Analysis} Analysis */
/** @typedef {import("../analyse/requests.js").Placed} Placed */
/** @typedef {import("../api.js").Catalogue} Catalogue */
/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("./places.js").SongPlace} SongPlace */
/** @typedef {ReturnType<typeof planesOf>[number]} Shown  a map that is shown */

const NEIGHBOURS = 10;

/**
 * @typedef {object} SongHandlers
 * @property {(id: string | null) => void} onId    another one is shown, or none
 * @property {(places: (SongPlace | null)[]) => void} onPlaces  where it lies on each map
 * @property {(point: Point, at: number) => void} onChoose      of the map at a place
 * @property {(point: Point | null, at: number) => void} onPoint
 * @property {() => void} onPlay   it is heard: nothing else shall be
 */

export class Song {
  #catalogue;
  #handlers;
  #card;
  #turn = new AbortController();
  /** What the page's state says. @type {string | null} */
  #id = null;
  /** @type {Analysis | null} that has finished */
  #analysis = null;
  /** @type {File | null} that is being sent */
  #file = null;
  /** @type {Shown[]} */
  #shown = [];
  /** What is known of each map. @type {Map<string, Placed | Error>} */
  #placed = new Map();
  /** The neighbour that is pointed at. @type {{at: number, point: Point} | null} */
  #pointed = null;
  /** Seconds of it that have been heard; null while it is silent. @type {number | null} */
  #time = null;

  /**
   * @param {HTMLElement} element  of its card
   * @param {Catalogue} catalogue
   * @param {SongHandlers} handlers
   */
  constructor(element, catalogue, handlers) {
    this.#catalogue = catalogue;
    this.#handlers = handlers;
    this.#card = new SongCard(element, {
      onClose: () => this.close(),
      onCancel: () => this.#cancel(),
      onKeep: () => this.#keep(),
      onShow: (track) => handlers.onChoose({ track, segment: this.#shown[0].facts.level === "tracks" ? null : 0 }, 0),
      onChoose: (neighbour, at) => handlers.onChoose(pointOf(neighbour), at),
      onPoint: (neighbour, at) => this.#point(neighbour && pointOf(neighbour), at),
      onHear: (audio) => this.#hear(audio),
    });
  }

  /** Something else is shown. @param {State} state */
  show(state) {
    this.#shown = planesOf(this.#catalogue, state);
    if (state.song !== this.#id) {
      this.#id = state.song;
      if (this.#id) this.#open(this.#id);
      else this.#leave();
    } else if (this.#analysis) this.#place();
  }

  /** Something else is heard. */
  pause() {
    this.#card.pause();
  }

  close() {
    this.#leave();
    this.#handlers.onId(null);
  }

  #leave() {
    this.#renew();
    this.#card.hide();
    this.#tell();
  }

  /** Forget all about the song before. @returns {AbortSignal} of the next one */
  #renew() {
    this.#turn.abort();
    this.#turn = new AbortController();
    this.#analysis = null;
    this.#file = null;
    this.#placed.clear();
    this.#pointed = null;
    this.#time = null;
    return this.#turn.signal;
  }

  /** Have a file heard by the networks whose maps are shown. @param {File} file */
  async add(file) {
    const signal = this.#renew();
    this.#file = file;
    this.#tell();
    this.#card.begin(file.name);
    const networks = [...new Set(this.#shown.map(({ choice }) => choice.network))].filter(canListen);
    if (!networks.length) return this.#card.fail(notHeard(this.#shown[0].choice.network));
    const hasTags = networks.some(({ tags }) => tags.length);
    const wish = {
      attributes: hasTags ? ["tags", "embeddings"] : ["embeddings"],
      networks: networks.map(({ name }) => name),
    };
    try {
      const sent = (/** @type {number} */ share) => this.#card.way("Sending", share);
      const { id } = await sendFile(file, wish, sent, signal);
      this.#handlers.onId(id);
    } catch (error) {
      if (!isAbort(error)) this.#card.fail(reasonOf(error), { label: "Try again", run: () => this.add(file) });
    }
  }

  /** @param {string} id */
  async #open(id) {
    const title = this.#file?.name ?? "Song";
    const signal = this.#renew();
    this.#card.begin(title);
    this.#tell();
    try {
      const analysis = await follow(id, (looked) => this.#card.underWay(looked), signal);
      if (analysis.state !== "finished") return this.#end(analysis);
      this.#analysis = analysis;
      this.#card.found(analysis, this.#tags);
      this.#place();
    } catch (error) {
      if (isAbort(error)) return;
      const isUnknown = error instanceof ApiError && error.status === 404;
      if (isUnknown) this.#card.fail("There is no such song any more: it was deleted, or the link is wrong.");
      else this.#card.fail(reasonOf(error), { label: "Try again", run: () => this.#open(id) });
    }
  }

  /** @param {Analysis} analysis  that gave nothing */
  #end(analysis) {
    this.#card.ended(analysis);
    if (analysis.state === "expired") return;
    const run = async () => {
      try {
        await retryAnalysis(analysis.id);
        this.#open(analysis.id);
      } catch (error) {
        this.#card.fail(reasonOf(error));
      }
    };
    this.#card.fail(analysis.error ?? "It was cancelled.", { label: "Try again", run });
  }

  #cancel() {
    if (this.#id) cancelAnalysis(this.#id).catch(() => {}); // it has ended meanwhile
    this.close();
  }

  async #keep() {
    try {
      await keepAudio(/** @type {Analysis} */ (this.#analysis).id);
      this.#card.kept("It is being added:", true);
    } catch (error) {
      this.#card.kept(reasonOf(error), false);
    }
  }

  /** What the network of the first map hears, or else any. @returns {{tag: string, score: number}[]} */
  get #tags() {
    const networks = this.#analysis?.result?.tags?.networks ?? {};
    const heard = networks[this.#shown[0].choice.network.name] ?? Object.values(networks)[0];
    return heard?.tags ?? [];
  }

  // ---- its places -------------------------------------------------------------------------------

  /** Ask for its place on each map where it is not known yet. */
  async #place() {
    const { signal } = this.#turn;
    const { id } = /** @type {Analysis} */ (this.#analysis);
    this.#pointed = null;
    this.#tell();
    const missing = this.#shown.filter((shown) => !this.#placed.has(shown.plane) && this.#hasVectors(shown));
    await Promise.all(
      missing.map(async ({ plane, facts }) => {
        const placed = await fetchPlace(id, facts, NEIGHBOURS).catch((error) => error);
        if (signal.aborted) return;
        this.#placed.set(plane, placed);
        this.#tell();
        // What was not answered may be another time.
        if (placed instanceof Error) this.#placed.delete(plane);
      }),
    );
  }

  /** @param {Shown} shown @returns {boolean} whether the map's network has heard the song, as the map shows it */
  #hasVectors({ facts: { network, layer, level } }) {
    const { tags, embeddings } = this.#analysis?.result ?? {};
    const heard = (layer === TAGGRAMS ? tags : embeddings)?.networks?.[network];
    return Boolean(heard && (level === "tracks" || heard.segments));
  }

  /** Tell the card and the maps what is known. */
  #tell() {
    const known = this.#analysis ? this.#shown : [];
    this.#card.places(known.map((shown) => this.#toldOf(shown)));
    this.#draw();
  }

  /** @param {Shown} shown @returns {import("./card.js").Told} */
  #toldOf(shown) {
    const { network, layer } = shown.choice;
    const title = `${networkName(network.name)}, ${layer.name}`;
    if (!canListen(network)) return { title, problem: notHeard(network) };
    if (!this.#hasVectors(shown)) {
      const problem = `${networkName(network.name)} has not heard it yet.`;
      return { title, problem, action: { label: "Let it listen", run: () => this.#hearAgain() } };
    }
    const placed = this.#placed.get(shown.plane);
    if (placed instanceof ApiError && placed.status === 409) {
      return { title, problem: placed.message, action: { label: "Let it listen again", run: () => this.#hearAgain() } };
    }
    if (placed instanceof Error) {
      return { title, problem: placed.message, action: { label: "Try again", run: () => this.#place() } };
    }
    return { title, neighbours: placed?.neighbours };
  }

  /** Send the same audio once more, for the networks that are shown now. */
  async #hearAgain() {
    const analysis = /** @type {Analysis} */ (this.#analysis);
    try {
      await this.add(await fetchSound(analysis));
    } catch (error) {
      this.#card.fail(reasonOf(error));
    }
  }

  /** Draw it on the maps. */
  #draw() {
    const { id } = this.#analysis ?? { id: "" };
    this.#handlers.onPlaces(
      this.#shown.map(({ plane, choice }, at) => {
        const placed = this.#placed.get(plane);
        if (!placed || placed instanceof Error) return null;
        const pointed = this.#pointed?.at === at ? [this.#pointed.point] : null;
        const isHeard = this.#time !== null && choice.level.name === "segments";
        return {
          ...{ id, plane, positions: placed.positions },
          linked: pointed ?? placed.neighbours.map(pointOf),
          heard: isHeard ? Math.floor(/** @type {number} */ (this.#time) / choice.network.segment_seconds) : null,
        };
      }),
    );
  }

  /** @param {Point | null} point @param {number} at */
  #point(point, at) {
    this.#pointed = point && { at, point };
    this.#draw();
    this.#handlers.onPoint(point, at);
  }

  /** @param {HTMLAudioElement} audio */
  #hear(audio) {
    if (!audio.paused && this.#time === null) this.#handlers.onPlay();
    this.#time = audio.paused ? null : audio.currentTime;
    this.#draw();
  }
}

/** @param {import("../api.js").Neighbour} neighbour @returns {Point} */
const pointOf = ({ track, segment }) => ({ track: track.id, segment });

/** A set of embeddings that was imported is called a data set by its own name. @param {Network} network */
const canListen = ({ name, dataset }) => dataset !== name;

/** @param {Network} network */
const notHeard = ({ name }) =>
  `This map is made of “${name}”, embeddings that were imported. No network here can hear a song in that way: ` +
  "choose the map of a network.";
