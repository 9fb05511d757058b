/** Everything about hearing: the player and its bar, the queue, and what is heard while it is pointed at. */

import { PlayerBar } from "../player-bar.js";
import { Player } from "../player.js";
import { store, stored } from "../stored.js";
import { Queue } from "./queue.js";
import { QueueView } from "./queue-view.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../points.js").Point} Point */
/** @typedef {import("./queue.js").Item} Item */
/** @typedef {"click" | "hover" | "off"} PlayOn  what lets a point be heard */

const STORED = "play-on";
/** Milliseconds that the pointer rests on a point before it is heard. */
const REST = 160;
/** Seconds after which "previous" goes back to the beginning first. */
const BEGUN = 3;
/** Milliseconds. */
const PROBLEM_SHOWN = 2000;

export class Listening {
  player = new Player();
  queue = new Queue();
  #knowledge;
  #turn = 0;
  /** @type {"play" | "cue" | "preview" | null} what is under way */
  #loading = null;
  #resting = 0;
  /** @type {string | null} what the pointer is on */
  #pointed = null;

  /**
   * @param {HTMLElement} element  of the bar
   * @param {import("../card.js").Knowledge} knowledge
   * @param {import("./names.js").Names} names
   * @param {{onNearest: () => void, onShow: (point: Point) => void}} handlers
   */
  constructor(element, knowledge, names, { onNearest, onShow }) {
    this.#knowledge = knowledge;
    const view = new QueueView(this.queue, names, (place) => this.#take(place));
    new PlayerBar(element, this, view.element, {
      onNearest,
      onShow: () => {
        const { piece } = this.player;
        if (piece) onShow({ track: piece.track.id, segment: piece.segment ?? null });
      },
    });
    this.player.addEventListener("end", () => this.queue.hasNext && this.next());
    this.player.addEventListener("problem", () => this.#skip());
  }

  /** @returns {PlayOn} */
  get playOn() {
    const kept = stored(STORED);
    return kept === "hover" || kept === "off" ? kept : "click";
  }

  /** @param {PlayOn} playOn */
  set playOn(playOn) {
    store(STORED, playOn);
  }

  /** Hear a point, or only make it ready. @param {Point | null} point @param {Network} network @param {boolean} aloud */
  async hear(point, network, aloud) {
    if (point) await this.#load(itemOf(point, network), aloud ? "play" : "cue");
  }

  /** The pointer is on a point, or on none any more. @param {Point | null} point @param {Network} network */
  point(point, network) {
    const key = point && `${network.name} ${point.track}:${point.segment}`;
    if (key === this.#pointed) return;
    this.#pointed = key;
    clearTimeout(this.#resting);
    if (this.playOn !== "hover") return;
    if (!point) {
      if (this.#loading === "preview") this.#turn++;
      this.player.endPreview();
      return;
    }
    this.#resting = setTimeout(() => this.#load(itemOf(point, network), "preview"), REST);
  }

  /** Hear points one after the other. @param {Point[]} points @param {Network} network */
  playAll(points, network) {
    this.playItems(points.map((point) => itemOf(point, network)));
  }

  /** Hear pieces one after the other. @param {Item[]} items @param {number} [at]  place of the first one that is heard */
  playItems(items, at = 0) {
    this.queue.replace(items);
    this.#take(at);
  }

  /** @param {Item[]} items */
  appendItems(items) {
    this.queue.append(items);
  }

  /** @param {Point[]} points @param {Network} network */
  insertNext(points, network) {
    this.queue.insertNext(points.map((point) => itemOf(point, network)));
  }

  /** @param {Point[]} points @param {Network} network */
  append(points, network) {
    this.queue.append(points.map((point) => itemOf(point, network)));
  }

  next() {
    this.#take(this.queue.at + 1);
  }

  previous() {
    const { piece, time } = this.player;
    if (piece && (time - piece.start > BEGUN || !this.queue.hasPrevious)) this.player.seek(piece.start);
    else this.#take(this.queue.at - 1);
  }

  /** @param {number} place  in the queue */
  #take(place) {
    const item = this.queue.take(place);
    if (item) this.#load(item, "play", true);
  }

  /** What cannot be played does not stop a queue; why it cannot is shown for a moment. */
  #skip() {
    const { piece } = this.player;
    if (!piece?.queued || !this.queue.hasNext) return;
    setTimeout(() => this.player.piece === piece && this.player.problem && this.next(), PROBLEM_SHOWN);
  }

  /** @param {Item} item @param {"play" | "cue" | "preview"} how @param {boolean} [queued] */
  async #load(item, how, queued = false) {
    const turn = ++this.#turn;
    this.#loading = how;
    clearTimeout(this.#resting);
    const { segment, start, end } = item;
    const track = await this.#knowledge.track(item.track).catch(() => null);
    if (turn !== this.#turn) return;
    this.#loading = null;
    if (track && start < (track.duration ?? Infinity)) this.player[how]({ track, segment, start, end, queued });
    else if (queued && this.queue.hasNext) this.next();
  }
}

/** @param {Point} point @param {Network} network @returns {Item} */
export function itemOf({ track, segment }, network) {
  const start = (segment ?? 0) * network.segment_seconds;
  return { track, segment, start, end: segment === null ? null : start + network.segment_seconds };
}
