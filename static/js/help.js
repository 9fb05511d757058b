/** The overlay that lists the keys. */

import { h } from "./dom.js";
import { shortcutsWanted, wantShortcuts } from "./keyboard.js";

/** @typedef {import("./keyboard.js").Binding} Binding */

/** What the pointer and the keys do while the map has the focus. */
const ON_THE_MAP = [
  ["arrows", "to the next point in that direction"],
  ["Enter", "choose and play it"],
  ["Shift arrows", "move the map"],
  ["drag wheel pinch", "move and zoom"],
  ["double click", "zoom in there"],
  ["Shift drag", "select what is drawn around, or clicked"],
  ["Alt drag", "take it from the selection"],
  ["Shift Enter", "select the point, or no longer"],
];

/**
 * @param {HTMLDialogElement} dialog
 * @param {Binding[]} bindings
 * @returns {() => void} opens it
 */
export function helpOverlay(dialog, bindings) {
  const close = () => dialog.close();
  const wanted = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "checkbox",
      checked: shortcutsWanted(),
      onchange: () => wantShortcuts(wanted.checked),
    })
  );
  dialog.prepend(
    h(
      "header",
      {},
      h("h2", { id: "help-title" }, "Keys"),
      h("button.quiet", { type: "button", onclick: close }, "Close"),
    ),
    list(
      "Everywhere",
      bindings.map(({ shown, does }) => [shown, does]),
    ),
    list("On the map", ON_THE_MAP),
    h("label.choice", {}, wanted, "Single keys work everywhere"),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  return () => dialog.showModal();
}

/** @param {string} title @param {string[][]} rows */
function list(title, rows) {
  const pairs = rows.map(([shown, does]) =>
    h("div", {}, h("dt", {}, ...shown.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, does)),
  );
  return h("section", {}, h("h3", {}, title), h("dl", {}, ...pairs));
}
