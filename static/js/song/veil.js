/** Takes a file that is dropped anywhere on the page; a veil says what will happen. */

import { h } from "../dom.js";

/** @param {(files: File[]) => void} onFiles */
export function takeDrops(onFiles) {
  const veil = h(
    "div.veil",
    { hidden: true },
    h(
      "div.veil-box",
      {},
      h("p.veil-title", {}, "Drop a song to see where it belongs"),
      h("p", {}, "It is heard by the network of this map, and shown on it. The library stays as it is."),
    ),
  );
  document.body.append(veil);
  const show = (/** @type {boolean} */ isOver) => (veil.hidden = !isOver);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    show(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) show(false);
  });
  addEventListener("drop", (event) => {
    show(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    onFiles(files);
  });
}
