/**
 * Plays segments of tracks with one audio element.
 *
 * Events: `change` when another piece is there, or it plays, pauses or fails; `time` while it plays; `end` when
 * the track, or a stretch that is one of a row, has been heard to its end; `problem` when it cannot be heard.
 */

import { whyNoAudio } from "./api.js";
import { formatDuration } from "./format.js";
import { store, stored } from "./stored.js";

/** @typedef {import("./api.js").Track} Track */

/**
 * @typedef {object} Piece
 * @property {Track} track
 * @property {number | null} [segment]
 * @property {number} start       seconds
 * @property {number | null} end  seconds; null = the whole track
 * @property {boolean} [queued]   one of a row: its end is the end of it
 */

/** What happens at the end of a segment. @typedef {"on" | "stop" | "repeat"} After */

const WHY = /** @type {Record<number, string>} */ ({
  2: "The connection broke while the sound was loading.",
  3: "This file is damaged, or holds something else than its name says.",
  4: "This browser cannot play files of this kind.",
});

/** Milliseconds in which a preview comes and goes. */
const FADE = 180;
/** Volume below which nobody listens. */
const AUDIBLE = 0.05;
const STORED_VOLUME = "volume";

/** Where a copy of the page ends a track before its end. @param {number} seconds */
const cutOff = (seconds) => `This copy holds only the first ${formatDuration(seconds)} of this track.`;

export class Player extends EventTarget {
  audio = new Audio();
  /** @type {Piece | null} */
  piece = null;
  /** @type {string | null} why the piece cannot be heard */
  problem = null;
  /** @type {After} */
  after = "on";
  /** Whether the end of the segment still matters: not once it was passed. */
  #bounded = false;
  /** Whether the piece was only pointed at. */
  #previewing = false;
  /** Whether the time that is wanted lies behind the end of an excerpt. */
  #isCut = false;
  /** Share of the volume, while a preview comes or goes. */
  #presence = 1;
  #fading = 0;
  #volume = storedVolume();

  constructor() {
    super();
    this.audio.preload = "auto";
    this.audio.volume = this.#volume;
    for (const event of ["play", "pause", "waiting", "playing", "ended", "volumechange", "loadedmetadata"]) {
      this.audio.addEventListener(event, () => this.#emit("change"));
    }
    this.audio.addEventListener("play", () => requestAnimationFrame(() => this.#watch()));
    this.audio.addEventListener("timeupdate", () => this.#check());
    this.audio.addEventListener("seeked", () => this.#check());
    this.audio.addEventListener("ended", () => this.#finish());
    this.audio.addEventListener("error", () => this.#fail());
  }

  /** 0 to 1. */
  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = volume;
    this.audio.muted = volume === 0;
    this.#sound();
  }

  /** Remember the volume, for the time after silence and after this page. */
  keepVolume() {
    if (this.#volume >= AUDIBLE) store(STORED_VOLUME, String(this.#volume));
  }

  /** Sound off, or on as loud as before. */
  toggleMute() {
    if (this.#volume) this.audio.muted = !this.audio.muted;
    else this.volume = storedVolume();
  }

  get playing() {
    return !this.audio.paused && !this.problem;
  }

  get time() {
    return this.audio.currentTime;
  }

  /** Seconds of the whole track; what the catalogue says until the sound itself is there, or where it ends early. */
  get duration() {
    const known = this.audio.duration;
    return Number.isFinite(known) && this.#held === Infinity ? known : (this.piece?.track.duration ?? 0);
  }

  /** Seconds of the track that there are. */
  get #held() {
    return this.piece?.track.excerpt_seconds ?? Infinity;
  }

  /** Make a piece ready, silently. @param {Piece} piece */
  cue(piece) {
    const same = this.piece?.track.audio === piece.track.audio && !this.problem;
    this.piece = piece;
    this.problem = null;
    this.#isCut = false;
    if (!same) this.audio.src = piece.track.audio;
    this.#bounded = piece.end !== null;
    this.#previewing = false;
    this.#appear();
    this.audio.currentTime = this.#isThere(piece.start) ? piece.start : 0;
    this.#emit("change");
  }

  /** @param {Piece} piece */
  play(piece) {
    const heard = this.#previewing && this.playing && isSame(this.piece, piece);
    if (!heard) this.cue(piece);
    this.#previewing = false;
    this.piece = piece;
    this.#start();
  }

  /** Let a piece be heard while it is pointed at: it comes and goes softly. @param {Piece} piece */
  preview(piece) {
    this.cue(piece);
    this.#previewing = true;
    this.#presence = 0;
    this.#fade(1);
    this.#start();
  }

  /** What was pointed at is so no more. */
  endPreview() {
    if (this.#previewing) this.#fade(0, () => this.#leave());
  }

  toggle() {
    if (!this.piece) return;
    if (this.problem) this.play(this.piece);
    else if (this.audio.paused) this.#start();
    else this.audio.pause();
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (!this.#isThere(seconds)) return;
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.duration);
    const { start, end } = this.piece ?? {};
    this.#bounded = end != null && start != null && seconds >= start && seconds < end;
    this.#emit("time");
  }

  /** Whether there is sound at a time of the track; says so where there is none. @param {number} seconds */
  #isThere(seconds) {
    const isThere = seconds < this.#held;
    if (isThere !== this.#isCut) return isThere;
    this.#isCut = !isThere;
    this.problem = isThere ? null : cutOff(this.#held);
    if (!isThere) this.audio.pause();
    this.#emit("change");
    if (!isThere) this.#emit("problem");
    return isThere;
  }

  /** The sound is at its end; that of an excerpt is not the end of the track. */
  #finish() {
    if (this.#held < Infinity) this.#isThere(this.#held);
    this.#emit("end");
  }

  #start() {
    if (this.problem) return;
    // A piece that another one replaces before it sounds is no error; real ones come as the event "error".
    this.audio.play().catch((error) => {
      if (error.name === "NotAllowedError") this.#emit("change");
    });
  }

  #watch() {
    this.#check();
    if (!this.audio.paused) requestAnimationFrame(() => this.#watch());
  }

  /** Tell the time, and mind the end of the segment. */
  #check() {
    const { start = 0, end = null } = this.piece ?? {};
    if (this.#bounded && end !== null && this.playing && this.time >= end) {
      this.#arrive(start);
    }
    this.#emit("time");
  }

  /** The end of the segment is there. @param {number} start  of it */
  #arrive(start) {
    if (this.#previewing) this.#leave();
    else if (this.after === "repeat") this.audio.currentTime = start;
    else if (this.piece?.queued) {
      this.#bounded = false;
      this.audio.pause();
      this.#emit("end");
    } else if (this.after === "stop") {
      this.audio.pause();
      this.audio.currentTime = start;
    } else this.#bounded = false;
  }

  #leave() {
    this.audio.pause();
    this.audio.currentTime = this.piece?.start ?? 0;
    this.#appear();
  }

  /** @param {number} presence  to come to @param {() => void} [then] */
  #fade(presence, then) {
    cancelAnimationFrame(this.#fading);
    const [from, begun] = [this.#presence, performance.now()];
    const step = () => {
      const share = Math.min(1, (performance.now() - begun) / FADE);
      this.#presence = from + (presence - from) * share;
      this.#sound();
      if (share < 1) this.#fading = requestAnimationFrame(step);
      else then?.();
    };
    step();
  }

  #appear() {
    cancelAnimationFrame(this.#fading);
    this.#presence = 1;
    this.#sound();
  }

  #sound() {
    this.audio.volume = this.#volume * this.#presence;
  }

  async #fail() {
    const piece = this.piece;
    if (!piece) return;
    const code = this.audio.error?.code ?? 4;
    this.problem = WHY[code] ?? WHY[4];
    this.audio.pause();
    this.#emit("change");
    this.#emit("problem");
    const reason = await whyNoAudio(piece.track.audio);
    if (reason && this.piece === piece) {
      this.problem = reason;
      this.#emit("change");
    }
  }

  /** @param {string} name */
  #emit(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** @param {Piece | null} a @param {Piece} b */
const isSame = (a, b) => a?.track.id === b.track.id && a.start === b.start && a.end === b.end;

function storedVolume() {
  const volume = Number(stored(STORED_VOLUME) ?? 1);
  return volume > 0 && volume <= 1 ? volume : 1;
}
