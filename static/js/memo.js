/** Remembers answers, so that a point under the pointer is asked for once. */

const KEPT = 600;

/**
 * @template T
 * @param {(...values: any[]) => Promise<T>} ask
 * @returns {(...values: any[]) => Promise<T>} the same, remembering its last answers; failures are forgotten
 */
export function memo(ask) {
  /** @type {Map<string, Promise<T>>} */
  const known = new Map();
  return (...values) => {
    const key = JSON.stringify(values);
    const answer = known.get(key) ?? ask(...values);
    known.delete(key);
    known.set(key, answer);
    answer.catch(() => known.delete(key));
    if (known.size > KEPT) known.delete(/** @type {string} */ (known.keys().next().value));
    return answer;
  };
}
