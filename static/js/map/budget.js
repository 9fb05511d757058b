/** How many points a frame may draw while the view moves: as many as the machine manages. */

import { MAX_THINNING } from "./renderer.js";

const START = 400_000;
const LEAST = 40_000;
/** Frames that take longer, in ms, draw fewer points; those that take less, more. */
const SLOW = 40;
const FAST = 20;

export class FrameBudget {
  #points = START;
  #last = 0;

  /** The view rests: the time until the next frame says nothing. */
  rest() {
    this.#last = 0;
  }

  /**
   * A frame of a moving view begins.
   * @param {number} time      ms
   * @param {number} length    points that there are
   * @param {boolean} thinned  whether the frame before drew only some of them
   */
  begin(time, length, thinned) {
    const passed = this.#last ? time - this.#last : null;
    this.#last = time;
    if (passed === null || length <= LEAST) return;
    if (passed > SLOW) this.#points = Math.max(LEAST, this.#points * 0.7);
    else if (passed < FAST && thinned) this.#points *= 1.2;
  }

  /** @param {number} length @returns {number} of how many points one is drawn */
  thinning(length) {
    return Math.min(MAX_THINNING, Math.max(1, Math.ceil(length / this.#points)));
  }
}
