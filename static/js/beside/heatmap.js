/** A taggram as a heat map, drawn by Plotly, with a playhead of our own: moving that needs no new drawing. */

import { colourOf } from "../colours.js";
import { h } from "../dom.js";
import { formatTime } from "../format.js";
import { onThemeChange, theme } from "../theme.js";
import { networkName } from "../words.js";
import { loadPlotly } from "./plotly.js";

/** @typedef {import("./requests.js").Taggram} Taggram */

const ROW = 14;
const MARGIN = { l: 108, r: 6, t: 4, b: 24 };
const STOPS = 12;
/** Ticks of the time axis that fit beside each other, CSS pixels for each. */
const TICK_ROOM = 60;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

export class Heatmap {
  #onSeek;
  #title = h("h3");
  #plot = h("div.heatmap-plot");
  #playhead = h("span.heatmap-playhead", { "aria-hidden": "true" });
  element = h("figure.heatmap", { hidden: true }, this.#title, h("div.heatmap-frame", {}, this.#plot, this.#playhead));
  /** @type {Taggram | null} */
  #taggram = null;
  #width = 0;

  /** @param {(seconds: number) => void} onSeek */
  constructor(onSeek) {
    this.#onSeek = onSeek;
    onThemeChange(() => this.#draw());
    new ResizeObserver(() => this.#resized()).observe(this.#plot);
    this.#plot.addEventListener("click", (event) => this.#click(event));
  }

  /** Seconds that are drawn. */
  get #seconds() {
    const { segment_seconds = 0, activations = [[]] } = this.#taggram ?? {};
    return segment_seconds * activations[0].length;
  }

  /** @param {Taggram | null} taggram  null for none */
  async show(taggram) {
    this.#taggram = taggram;
    this.element.hidden = !taggram;
    if (!taggram) return;
    this.#title.textContent = `What ${networkName(taggram.network)} hears`;
    this.#plot.style.height = `${taggram.tags.length * ROW + MARGIN.t + MARGIN.b}px`;
    await this.#draw();
  }

  /** @param {number} seconds */
  playhead(seconds) {
    const share = this.#seconds ? Math.min(1, seconds / this.#seconds) : 0;
    this.#playhead.style.setProperty("--share", String(share));
  }

  #resized() {
    const { clientWidth } = this.#plot;
    if (!clientWidth || clientWidth === this.#width) return;
    this.#width = clientWidth;
    if (this.#taggram && this.#plot.classList.contains("js-plotly-plot")) this.#draw();
  }

  async #draw() {
    if (!this.#taggram) return;
    const plotly = await loadPlotly();
    const taggram = this.#taggram;
    if (!taggram) return;
    await plotly.react(this.#plot, [traceOf(taggram)], this.#layout(taggram), {
      displayModeBar: false,
      responsive: false,
      doubleClick: false,
    });
    this.#plot.dataset.drawn = `${taggram.network} ${taggram.tags.length}×${taggram.activations[0].length}`;
  }

  /** @param {Taggram} taggram */
  #layout({ tags }) {
    const style = getComputedStyle(this.element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const width = this.#plot.clientWidth;
    const wanted = (this.#seconds * TICK_ROOM) / Math.max(1, width - MARGIN.l);
    const step = STEPS.find((each) => each >= wanted) ?? STEPS[STEPS.length - 1];
    const ticks = Array.from({ length: Math.floor(this.#seconds / step) + 1 }, (_, place) => place * step);
    const font = { family: style.fontFamily, size: 11, color: colour("--quiet") };
    const axis = { fixedrange: true, showgrid: false, zeroline: false, ticks: "" };
    return {
      width,
      height: tags.length * ROW + MARGIN.t + MARGIN.b,
      margin: MARGIN,
      font,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: colour("--track"),
      xaxis: { ...axis, range: [0, this.#seconds], tickvals: ticks, ticktext: ticks.map(formatTime) },
      yaxis: { ...axis, autorange: "reversed", automargin: false, ticklabelstandoff: 5, tickvals: tags, ticktext: tags.map(shorten) },
      hoverlabel: { bgcolor: colour("--raised"), bordercolor: colour("--line"), font: { color: colour("--ink") } },
    };
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const box = this.#plot.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.l) / (box.width - MARGIN.l - MARGIN.r);
    if (share >= 0 && share <= 1) this.#onSeek(share * this.#seconds);
  }
}

/** What the colours of all heat maps mean. @returns {HTMLElement} */
export function colourScale() {
  const bar = h("span.taggram-scale-bar");
  const draw = () => (bar.style.backgroundImage = `linear-gradient(to right, ${colours().join()})`);
  draw();
  onThemeChange(draw);
  return h(
    "p.taggram-scale",
    { role: "img", "aria-label": "Colours stand for activations: from 0, not heard, to 1, heard for certain" },
    ...[h("span", {}, "not heard 0"), bar, h("span", {}, "1 for certain")],
  );
}

/** Colours of activations from 0 to 1. @returns {string[]} */
function colours() {
  const colouring = /** @type {any} */ ({ kind: "scale", span: [0, STOPS - 1] });
  return Array.from({ length: STOPS }, (_, stop) => `rgb(${colourOf(colouring, stop, theme()).join()})`);
}

/** @param {Taggram} taggram */
function traceOf({ tags, activations, segment_seconds: seconds }) {
  const starts = activations[0].map((_, segment) => segment * seconds);
  const colorscale = colours().map((colour, stop) => [stop / (STOPS - 1), colour]);
  return {
    type: "heatmap",
    z: activations,
    x: [...starts, starts.length * seconds],
    y: tags,
    zmin: 0,
    zmax: 1,
    colorscale,
    showscale: false,
    text: activations.map((row) => row.map((_, segment) => formatTime(segment * seconds))),
    hovertemplate: "%{y} %{z:.2f}<br>at %{text}<extra></extra>",
  };
}

/** @param {string} tag */
const shorten = (tag) => (tag.length > 17 ? `${tag.slice(0, 16)}…` : tag);
