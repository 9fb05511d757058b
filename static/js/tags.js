/** Activations of tags as bars. */

import { h } from "./dom.js";

/** @typedef {import("./api.js").TagValue} TagValue */

/**
 * @param {TagValue[]} tags
 * @param {{onChoose?: (tag: string) => void, chosen?: string | null}} options  with onChoose the tags are buttons
 * @returns {HTMLElement}
 */
export function tagBars(tags, { onChoose, chosen = null } = {}) {
  return h("ul.tags", {}, ...tags.map((value) => h("li", {}, row(value, onChoose, chosen))));
}

/** @param {TagValue} value @param {((tag: string) => void) | undefined} onChoose @param {string | null} chosen */
function row({ tag, activation }, onChoose, chosen) {
  const contents = [
    h("span.tag-name", {}, tag),
    h("span.tag-track", {}, h("span.tag-bar", { style: { "--value": String(activation) } })),
    h("span.number", {}, activation.toFixed(2)),
  ];
  if (!onChoose) return h("div.tag", {}, ...contents);
  const attributes = {
    type: "button",
    title: `Colour the map by “${tag}”`,
    "aria-pressed": String(tag === chosen),
    onclick: () => onChoose(tag),
  };
  return h("button.tag", attributes, ...contents);
}
