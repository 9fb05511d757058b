/** Keys for the whole page. */

import { store, stored } from "./stored.js";

/**
 * @typedef {object} Binding
 * @property {string[]} keys   as KeyboardEvent.key says
 * @property {string} shown    as people call them
 * @property {string} does     what it does, in a few words
 * @property {() => void} run
 */

const STORED = "single-key-shortcuts";
/** Here a key writes or chooses. */
const WRITING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
/** Here space and Enter press what has the focus. */
const PRESSING = "button, a, input, summary, label";

/** @returns {boolean} whether keys work without Ctrl or Alt; people who dictate switch them off */
export const shortcutsWanted = () => stored(STORED) !== "off";

/** @param {boolean} wanted */
export const wantShortcuts = (wanted) => store(STORED, wanted ? "on" : "off");

/** @param {Binding[]} bindings */
export function bindKeys(bindings) {
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest("dialog, " + WRITING)) return;
    if (event.key === " " && target.closest(PRESSING)) return;
    // The browser closes what is open above the page.
    if (event.key === "Escape" && document.querySelector(":popover-open")) return;
    const binding = bindings.find(({ keys }) => keys.includes(event.key));
    if (!binding || (event.key !== "Escape" && !shortcutsWanted())) return;
    event.preventDefault();
    binding.run();
  });
}
