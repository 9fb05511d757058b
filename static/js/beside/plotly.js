/**
 * Brings Plotly, when a chart is first wanted, and makes it keep to the page's security policy.
 *
 * The policy forbids style elements with content and style attributes. What Plotly would put into the former is
 * in `css/plotly.css`; what it sets as the latter goes through the style object, which is allowed.
 */

import { h } from "../dom.js";

/** Plotly looks for this before it adds rules of its own, and then does not. */
const RULES_ARE_THERE = { id: "plotly.js-style-global", class: "no-inline-styles", hidden: true };

/** @type {Promise<any> | null} */
let loading = null;

/** @returns {Promise<any>} Plotly @throws {Error} if the server does not send it */
export function loadPlotly() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  setStylesAllowedWay();
  document.head.append(h("meta", RULES_ARE_THERE));
  const src = /** @type {HTMLElement} */ (document.querySelector("[data-plotly]")).dataset.plotly;
  const { createElement } = document;
  // Part of the bundle draws maps of the earth and brings rules for them; they are not needed.
  document.createElement = (/** @type {any[]} */ ...what) =>
    createElement.apply(document, what[0] === "style" ? ["template"] : /** @type {any} */ (what));
  try {
    await new Promise((resolve, reject) => {
      const script = createElement.call(document, "script");
      Object.assign(script, { src, onload: resolve });
      script.onerror = () => reject(new Error("The server did not send the charts' script. Is it still running?"));
      document.head.append(script);
    });
  } finally {
    document.createElement = createElement;
  }
  return /** @type {any} */ (window).Plotly;
}

function setStylesAllowedWay() {
  const { setAttribute } = Element.prototype;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") /** @type {HTMLElement} */ (this).style.cssText = value;
    else setAttribute.call(this, name, value);
  };
}
