/** The page of the panel that shows what networks hear in a track over time: tags × segments. */

import { h, showIn } from "../dom.js";
import { memo } from "../memo.js";
import { tagBars } from "../tags.js";
import { networkName } from "../words.js";
import { colourScale, Heatmap } from "./heatmap.js";
import { fetchTaggram } from "./requests.js";
import { strongest, strongestFirst } from "./strongest.js";

/** @typedef {import("../api.js").Network} Network */
/** @typedef {import("../api.js").Track} Track */
/** @typedef {import("./requests.js").Taggram} Taggram */

/** Rows of a heat map, until all are wanted. */
const AT_FIRST = 20;
const NONE = "";
const taggrams = memo(fetchTaggram);

export class TaggramPage {
  element = h("section.taggram-page");
  #networks;
  #title = h("h2");
  #facts = h("p.facts");
  #problem = h("p.note.bad", { role: "status", hidden: true });
  #first;
  #second;
  /** @type {Heatmap[]} */
  #heatmaps;
  #bars = h("section", { "aria-label": "Strongest tags now" });
  #full;
  #hint = h(
    "div.hint",
    {},
    h("h2", {}, "No track yet"),
    h("p", {}, "Click a point: this shows which tags the network hears in its track, from second to second."),
  );
  /** @type {Track | null} */
  #track = null;
  /** @type {Taggram[]} of the networks that are shown */
  #taggrams = [];
  #time = 0;
  #segment = -1;
  #all = false;
  #more = h("button.more", { type: "button", onclick: () => this.#showMore() });
  #turn = 0;
  #stale = true;

  /** @param {Network[]} networks @param {(seconds: number) => void} onSeek */
  constructor(networks, onSeek) {
    this.#networks = networks.filter(({ tags }) => tags.length);
    this.#first = this.#choice("Network", false);
    this.#second = this.#choice("Compare with", true);
    this.#heatmaps = [new Heatmap(onSeek), new Heatmap(onSeek)];
    this.#full = h(
      "div",
      {},
      h("header.track", {}, this.#title, this.#facts),
      h("div.taggram-choice", {}, this.#first.field, this.#networks.length > 1 && this.#second.field),
      this.#problem,
      ...this.#heatmaps.map(({ element }) => element),
      colourScale(),
      this.#more,
      this.#bars,
    );
    this.element.append(this.#hint);
  }

  /** @param {string} title @param {boolean} optional */
  #choice(title, optional) {
    const options = this.#networks.map(({ name }) => h("option", { value: name }, networkName(name)));
    const none = optional ? [h("option", { value: NONE }, "nothing")] : [];
    const select = /** @type {HTMLSelectElement} */ (
      h("select", { onchange: () => this.#changed() }, ...none, ...options)
    );
    return { select, field: h("label.field", {}, h("span.field-name", {}, title), select) };
  }

  #changed() {
    this.#stale = true;
    this.#show();
  }

  /** The page is seen, or not. */
  shown() {
    this.#show();
  }

  /** @param {Track | null} track  that is heard @param {string} network  of the map */
  follow(track, network) {
    if (this.#networks.some(({ name }) => name === network) && this.#first.select.dataset.map !== network) {
      this.#first.select.dataset.map = network;
      this.#first.select.value = network;
      this.#stale = true;
    }
    if (track?.id !== this.#track?.id) this.#stale = true;
    this.#track = track;
    this.#show();
  }

  /** @param {number} seconds */
  time(seconds) {
    this.#time = seconds;
    if (this.element.hidden) return;
    for (const heatmap of this.#heatmaps) heatmap.playhead(seconds);
    this.#now();
  }

  /** Only what is seen is fetched and drawn. */
  async #show() {
    if (this.element.hidden || !this.#stale) return;
    this.#stale = false;
    const turn = ++this.#turn;
    const track = this.#track;
    showIn(this.element, track && this.#networks.length ? this.#full : this.#hint);
    if (!track || !this.#networks.length) return;
    this.#title.textContent = track.title ?? track.path;
    this.#facts.textContent = track.artist ?? "";
    const wanted = [this.#first, this.#second].map(({ select }) => select.value).filter(Boolean);
    try {
      const found = await Promise.all(wanted.map((network) => taggrams(track.id, network)));
      if (turn === this.#turn) await this.#draw(found);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#problem.textContent = error instanceof Error ? error.message : String(error);
      this.#problem.hidden = false;
      this.#stale = true;
    }
  }

  /** @param {Taggram[]} found */
  async #draw(found) {
    this.#problem.hidden = true;
    this.#taggrams = found;
    this.#segment = -1;
    const drawn = found.map((taggram) => strongestFirst(taggram, this.#all ? Infinity : AT_FIRST));
    await Promise.all(this.#heatmaps.map((heatmap, place) => heatmap.show(drawn[place] ?? null)));
    this.#more.textContent = this.#all ? "Fewer tags" : `All ${found[0].tags.length} tags`;
    this.#more.setAttribute("aria-expanded", String(this.#all));
    this.time(this.#time);
  }

  #showMore() {
    this.#all = !this.#all;
    this.#draw(this.#taggrams);
  }

  /** The strongest tags of the segment that is heard, of each network. */
  #now() {
    const [{ segment_seconds: seconds } = { segment_seconds: 1 }] = this.#taggrams;
    const segment = Math.floor(this.#time / seconds);
    if (segment === this.#segment) return;
    this.#segment = segment;
    this.#bars.replaceChildren(
      ...this.#taggrams.map((taggram) => {
        const at = Math.floor(this.#time / taggram.segment_seconds);
        const name = this.#taggrams.length > 1 ? `Now, by ${networkName(taggram.network)}` : "Strongest tags now";
        return h("div", {}, h("h3", {}, name), tagBars(strongest(taggram, at)));
      }),
    );
  }
}
