/** How long something still takes, from how fast it went so far. */

/** Milliseconds before which nobody can tell. */
const SOONEST = 1500;

export class Pace {
  /** Where each job was when it was first seen at its stage. @type {Map<string, {stage: string | null, done: number, at: number}>} */
  #begun = new Map();

  /**
   * @param {{id: string, stage: string | null, done: number, total: number}} job  that runs
   * @param {number} now  milliseconds
   * @returns {number | null} seconds that its stage still takes; null where nobody can tell yet
   */
  secondsLeft({ id, stage, done, total }, now) {
    const begun = this.#begun.get(id);
    if (!begun || begun.stage !== stage || done < begun.done) {
      this.#begun.set(id, { stage, done, at: now });
      return null;
    }
    const [passed, steps] = [now - begun.at, done - begun.done];
    if (passed < SOONEST || !steps || !total) return null;
    return ((total - done) * passed) / steps / 1000;
  }
}
