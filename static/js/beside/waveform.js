/** The outline of the track that is heard, as a picture of its length; what was heard is in another colour. */

import { ApiError } from "../api.js";
import { fetchWaveform } from "./requests.js";
import { h } from "../dom.js";
import { memo } from "../memo.js";
import { onThemeChange } from "../theme.js";

/** @typedef {import("./requests.js").Outline} Outline */

/** Milliseconds that a track is heard before it is asked for: what is only passed by is not. */
const PATIENCE = 250;
/** Milliseconds after which a server that was busy with other tracks is asked again. */
const AGAIN = 2000;
const BAR = 2;
const GAP = 1;
/** Share of the height that silence has. */
const FLOOR = 0.04;
/** Segments that are at least so wide, CSS pixels, are told apart. */
const WIDE = 6;

const outlines = memo(fetchWaveform);

export class Waveform {
  #rest = /** @type {HTMLCanvasElement} */ (h("canvas.wave-rest"));
  #played = /** @type {HTMLCanvasElement} */ (h("canvas.wave-played"));
  #segment = h("span.wave-segment");
  element = h("div.wave", { "aria-hidden": "true" }, this.#segment, this.#rest, this.#played);
  /** @type {Outline | null} */
  #outline = null;
  /** @type {number | null} */
  #track = null;
  #segmentShare = 0;
  #timer = 0;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.element);
    onThemeChange(() => this.#draw());
  }

  /** @param {number | null} track  id */
  show(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#outline = null;
    this.element.dataset.state = "empty";
    this.#draw();
    clearTimeout(this.#timer);
    if (track !== null) this.#timer = setTimeout(() => this.#fetch(track), PATIENCE);
  }

  /**
   * Where the chosen stretch is, as shares of the length.
   * @param {number} from
   * @param {number} to
   */
  mark(from, to) {
    this.#segment.style.setProperty("--from", String(from));
    this.#segment.style.setProperty("--to", String(to));
    if (this.#segmentShare === to - from) return;
    this.#segmentShare = to - from;
    this.#draw();
  }

  /** @param {number} share  of the length that was heard */
  play(share) {
    this.#played.style.clipPath = `inset(0 ${(100 * (1 - share)).toFixed(3)}% 0 0)`;
  }

  /** @param {number} track */
  async #fetch(track) {
    let outline = null;
    let isBusy = false;
    try {
      outline = await outlines(track);
    } catch (error) {
      isBusy = error instanceof ApiError && error.code === "overloaded";
    }
    if (track !== this.#track) return;
    if (isBusy) {
      this.#timer = setTimeout(() => this.#fetch(track), AGAIN);
      return;
    }
    // A file that the server cannot decode may still be played by the browser: then there is but a line.
    this.#outline = outline;
    this.element.dataset.state = outline ? "ready" : "unknown";
    this.#draw();
  }

  #draw() {
    for (const canvas of [this.#rest, this.#played]) {
      const { clientWidth: width, clientHeight: height } = canvas;
      const scale = devicePixelRatio;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.scale(scale, scale);
      context.fillStyle = getComputedStyle(canvas).color;
      if (this.#outline) this.#bars(context, width, height, this.#outline.peaks);
      else context.fillRect(0, height / 2 - 1, width, 2);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   * @param {number[]} peaks
   */
  #bars(context, width, height, peaks) {
    const count = Math.max(1, Math.floor(width / (BAR + GAP)));
    // Quiet music fills the height, too: this is to find one's way, not to compare tracks.
    const loudest = Math.max(1, ...peaks);
    for (let bar = 0; bar < count; bar++) {
      const from = Math.floor((bar * peaks.length) / count);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / count));
      const peak = Math.max(...peaks.slice(from, to)) / loudest;
      const length = height * Math.max(FLOOR, peak);
      context.fillRect((bar * width) / count, (height - length) / 2, BAR, length);
    }
    this.#marks(context, width, height);
  }

  /** Ends of the segments. */
  #marks(context, width, height) {
    const step = this.#segmentShare * width;
    if (step < WIDE) return;
    for (let x = step; x < width - 1; x += step) context.fillRect(x - 0.5, height - 3, 1, 3);
  }
}
