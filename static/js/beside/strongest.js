/** What is strongest in a taggram. */

/** @typedef {import("./requests.js").Taggram} Taggram */

const STRONGEST = 8;

/**
 * @param {Taggram} taggram
 * @param {number} segment  the last one, where it is behind that
 * @returns {import("../api.js").TagValue[]} its strongest tags
 */
export function strongest({ tags, activations }, segment) {
  const last = activations[0].length - 1;
  const values = activations.map((row) => row[Math.min(segment, last)]);
  return tags
    .map((tag, place) => ({ tag, activation: values[place] }))
    .sort((a, b) => b.activation - a.activation)
    .slice(0, STRONGEST);
}

/** @param {Taggram} taggram @param {number} count @returns {Taggram} with its strongest tags only */
export function strongestFirst(taggram, count) {
  const { tags, activations } = taggram;
  const sums = activations.map((row) => row.reduce((sum, value) => sum + value, 0));
  const order = [...tags.keys()].sort((a, b) => sums[b] - sums[a]).slice(0, count);
  return {
    ...taggram,
    tags: order.map((place) => tags[place]),
    activations: order.map((place) => activations[place]),
  };
}
