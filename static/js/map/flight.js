/** A view that goes to another one visibly, unless the user wants no motion. */

/** @typedef {import("./camera.js").View} View */

const DURATION = 220;

export class Flight {
  #frame = 0;

  /**
   * @param {View} from
   * @param {View} to
   * @param {(view: View) => void} show  called for each view on the way, the last one is the goal
   */
  start(from, to, show) {
    this.stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return show(to);
    const start = performance.now();
    const step = () => {
      const time = Math.min(1, (performance.now() - start) / DURATION);
      const eased = 1 - (1 - time) ** 3;
      show({
        x: from.x + (to.x - from.x) * eased,
        y: from.y + (to.y - from.y) * eased,
        zoom: from.zoom * (to.zoom / from.zoom) ** eased,
      });
      this.#frame = time < 1 ? requestAnimationFrame(step) : 0;
    };
    step();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
