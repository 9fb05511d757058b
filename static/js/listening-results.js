/** What the answers of the listening test come to: agreement with each network, with its uncertainty. */

import { fetchAgreement } from "./api.js";
import { h } from "./dom.js";

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {HTMLElement} place */
export async function showResults(place) {
  try {
    place.replaceChildren(...describe(await fetchAgreement()));
  } catch (error) {
    place.replaceChildren(h("p", {}, error instanceof Error ? error.message : String(error)));
  }
}

/** @param {import("./api.js").ListeningSummary} summary @returns {HTMLElement[]} */
function describe({ answers, chance, networks }) {
  if (!answers) return [h("p", {}, "There are no answers yet.")];
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, "Network"),
    h("th.number", { scope: "col" }, "Answers"),
    h("th.number.raters", { scope: "col" }, "Raters"),
    h("th.number", { scope: "col" }, "Agree"),
    h("th.number", { scope: "col" }, "95 % interval"),
    h("th.drawn", { scope: "col", "aria-label": "Drawn" }),
  );
  const rows = networks.map((one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, one.network),
      h("td.number", {}, String(one.answers)),
      h("td.number.raters", {}, String(one.raters)),
      h("td.number", {}, percent(one.share)),
      h("td.number", {}, `${percent(one.low)} – ${percent(one.high)}`),
      h("td.drawn", {}, drawn(one, chance)),
    ),
  );
  return [
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
    h("p", {}, `By chance, ${percent(chance)} would agree: the grey mark. The range is by Wilson's method.`),
  ];
}

/** @param {import("./api.js").Agreement} agreement @param {number} chance */
function drawn({ share, low, high }, chance) {
  const range = { left: `${100 * low}%`, width: `${100 * (high - low)}%` };
  return h(
    "div.interval",
    { "aria-hidden": "true" },
    h("span.range", { style: range }),
    h("span.chance", { style: { left: `${100 * chance}%` } }),
    h("span.share", { style: { left: `${100 * share}%` } }),
  );
}
