/** The bar at the foot of the page: what is heard, and the buttons for it. */

import { Waveform } from "./beside/waveform.js";
import { creditsOf } from "./credits.js";
import { h, icon } from "./dom.js";
import { formatTime } from "./format.js";

/** @typedef {import("./beside/listening.js").Listening} Listening */

const PLAY = "M4.5 2.7v10.6a.6.6 0 0 0 .9.5l8.6-5.3a.6.6 0 0 0 0-1L5.4 2.2a.6.6 0 0 0-.9.5z";
const PAUSE = "M4 2.5h2.6v11H4zM9.4 2.5H12v11H9.4z";
const NEXT = "M3 3.2v9.6l6.5-4.8zM10.5 3h2v10h-2z";
const PREVIOUS = "M13 3.2v9.6L6.5 8zM3.5 3h2v10h-2z";
const NEAREST =
  "M6 12a2 2 0 1 1-4 0a2 2 0 1 1 4 0zM14 4a2 2 0 1 1-4 0a2 2 0 1 1 4 0zM5.5 10.5l5-5";
const OPTIONS = "M2 5h6M12 5h2M2 11h2M8 11h6M8 5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M4 11a2 2 0 1 0 4 0a2 2 0 1 0-4 0";
const QUEUE = "M2 4h9M2 8h9M2 12h5M10.5 10v5l3.5-2.5z";
const SOUND = "M2.5 6v4h2.4l3.3 2.8V3.2L4.9 6zM10.5 5.6a3.4 3.4 0 0 1 0 4.8M12.3 3.8a6 6 0 0 1 0 8.4";
const MUTED = "M2.5 6v4h2.4l3.3 2.8V3.2L4.9 6zM10.7 6.2l3.6 3.6M14.3 6.2l-3.6 3.6";

const AFTER = [
  ["on", "go on"],
  ["stop", "stop"],
  ["repeat", "repeat"],
];
const PLAY_ON = [
  ["click", "click"],
  ["hover", "hover"],
  ["off", "off"],
];

/**
 * @typedef {object} BarHandlers
 * @property {() => void} onNearest  to the nearest neighbour
 * @property {() => void} onShow     what is heard is wanted on the map
 */

export class PlayerBar {
  #element;
  #listening;
  #player;
  #previous = button("icon", "Previous in the queue", "Previous in the queue (,)");
  #play = button("play");
  #next = button("icon", "Next in the queue", "Next in the queue (.)");
  #nearest = button("icon", "Nearest neighbour", "Nearest neighbour (n)");
  #title = h("span.player-title");
  #artist = h("span.player-artist");
  #credits = h("div.player-whose");
  /** @type {import("./api.js").Track | null} whose credits are shown */
  #credited = null;
  #show = button("player-now", undefined, "Show it on the map");
  #time = h("span.player-time.number");
  #length = h("span.player-time.number");
  #seek = range("Position", 0.05);
  #wave = new Waveform();
  #after = choice("After the segment", AFTER);
  #playOn = choice("Play on", PLAY_ON);
  #options = button("icon.options-button", "Options", "What is played, and how loud");
  #queue = button("icon.queue-button", "Queue", "Queue (q)");
  #waiting = h("span.queue-count.number", { "aria-hidden": "true" });
  #mute = button("icon", "Mute", "Mute (m)");
  #volume = range("Volume", 0.01);

  /**
   * @param {HTMLElement} element
   * @param {Listening} listening
   * @param {HTMLElement} queue  opens at its button
   * @param {BarHandlers} handlers
   */
  constructor(element, listening, queue, handlers) {
    this.#element = element;
    this.#listening = listening;
    this.#player = listening.player;
    this.#previous.append(icon(PREVIOUS, { filled: true }));
    this.#next.append(icon(NEXT, { filled: true }));
    this.#nearest.append(icon(NEAREST));
    this.#queue.append(icon(QUEUE), this.#waiting);
    this.#queue.setAttribute("popovertarget", queue.id);
    this.#options.append(icon(OPTIONS));
    this.#options.setAttribute("popovertarget", "player-options");
    this.#show.append(this.#title, this.#artist);
    element.append(
      h("div.player-buttons", {}, this.#previous, this.#play, this.#next, this.#nearest),
      h("div.player-what", { role: "status" }, this.#show),
      h("div.player-seek", {}, this.#time, h("div.seek", {}, this.#wave.element, this.#seek), this.#length),
      // Where there is no room for them, they open above the bar.
      h(
        "div.player-options",
        { id: "player-options", popover: "auto", role: "group", "aria-label": "Options of the player" },
        this.#after.field,
        this.#playOn.field,
        h("div.player-volume", {}, this.#mute, this.#volume),
      ),
      h("div.player-more", {}, this.#options, this.#queue),
      this.#credits,
      queue,
      this.#player.audio,
    );
    this.#listen(handlers);
    this.#showPiece();
    this.#showQueue();
  }

  /** @param {BarHandlers} handlers */
  #listen({ onNearest, onShow }) {
    const [player, listening] = [this.#player, this.#listening];
    this.#previous.addEventListener("click", () => listening.previous());
    this.#play.addEventListener("click", () => player.toggle());
    this.#next.addEventListener("click", () => listening.next());
    this.#nearest.addEventListener("click", onNearest);
    this.#show.addEventListener("click", onShow);
    this.#seek.addEventListener("input", () => player.seek(Number(this.#seek.value)));
    const { select: after } = this.#after;
    after.addEventListener("change", () => (player.after = /** @type {any} */ (after.value)));
    const { select: playOn } = this.#playOn;
    playOn.value = listening.playOn;
    playOn.addEventListener("change", () => (listening.playOn = /** @type {any} */ (playOn.value)));
    this.#mute.addEventListener("click", () => player.toggleMute());
    this.#volume.addEventListener("input", () => (player.volume = Number(this.#volume.value)));
    this.#volume.addEventListener("change", () => player.keepVolume());
    player.addEventListener("change", () => this.#showPiece());
    player.addEventListener("time", () => this.#showTime());
    listening.queue.addEventListener("change", () => this.#showQueue());
  }

  #showTime() {
    const { time, duration } = this.#player;
    this.#time.textContent = formatTime(time);
    this.#seek.max = String(duration || 1);
    this.#seek.value = String(time);
    this.#wave.play(duration ? time / duration : 0);
    this.#seek.setAttribute("aria-valuetext", `${formatTime(time)} of ${formatTime(duration)}`);
  }

  #showPiece() {
    const { piece, problem, playing, duration } = this.#player;
    this.#element.dataset.state = problem ? "error" : playing ? "playing" : piece ? "paused" : "empty";
    setText(this.#title, piece ? (piece.track.title ?? piece.track.path) : "Nothing is playing");
    setText(this.#artist, problem ?? piece?.track.artist ?? "");
    this.#artist.title = problem ?? "";
    this.#showCredits(piece?.track ?? null);
    for (const control of [this.#play, this.#nearest, this.#seek, this.#show]) control.disabled = !piece;
    this.#play.replaceChildren(icon(playing ? PAUSE : PLAY, { filled: true }));
    this.#play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.#play.title = playing ? "Pause (space)" : "Play (space)";
    this.#length.textContent = formatTime(duration);
    this.#wave.show(piece?.track.id ?? null);
    this.#showSegment();
    this.#showVolume();
    this.#showTime();
  }

  /** @param {import("./api.js").Track | null} track */
  #showCredits(track) {
    if (track === this.#credited) return;
    this.#credited = track;
    this.#credits.replaceChildren(...[track && creditsOf(track)].filter((credits) => credits !== null));
  }

  /** Where the chosen segment is in its track. */
  #showSegment() {
    const { piece, duration } = this.#player;
    const bounded = piece && piece.end !== null && duration;
    if (bounded) this.#wave.mark(piece.start / duration, Math.min(1, /** @type {number} */ (piece.end) / duration));
    else this.#wave.mark(0, 0);
  }

  #showQueue() {
    const { queue } = this.#listening;
    this.#previous.disabled = queue.at < 0;
    this.#next.disabled = !queue.hasNext;
    const waiting = queue.length - queue.at - 1;
    this.#waiting.textContent = waiting > 999 ? "999+" : String(waiting || "");
    this.#queue.setAttribute("aria-label", waiting ? `Queue, ${waiting} to come` : "Queue");
  }

  #showVolume() {
    const { muted } = this.#player.audio;
    this.#mute.replaceChildren(icon(muted ? MUTED : SOUND));
    this.#mute.setAttribute("aria-pressed", String(muted));
    this.#volume.value = String(muted ? 0 : this.#player.volume);
    this.#volume.style.setProperty("--share", this.#volume.value);
  }
}

/**
 * Only when it is another one: what stays the same is not read out again.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} name  class @param {string} [label] @param {string} [title] */
function button(name, label, title) {
  return /** @type {HTMLButtonElement} */ (
    h(`button.${name}`, { type: "button", "aria-label": label, title })
  );
}

/** @param {string} label @param {number} step */
function range(label, step) {
  const attributes = { type: "range", min: 0, max: 1, value: 0, step, "aria-label": label, title: label };
  return /** @type {HTMLInputElement} */ (h("input", attributes));
}

/** @param {string} title @param {string[][]} options  value and label */
function choice(title, options) {
  const select = /** @type {HTMLSelectElement} */ (
    h("select", {}, ...options.map(([value, label]) => h("option", { value }, label)))
  );
  return { select, field: h("label.player-option", {}, h("span.field-name", {}, title), select) };
}
