/** What an analysis found, with the sound: figures, bars, tags over time. */

import { Heatmap, colourScale } from "../beside/heatmap.js";
import { strongestFirst } from "../beside/strongest.js";
import { h } from "../dom.js";
import { formatTime } from "../format.js";
import { tagBars } from "../tags.js";
import { networkName } from "../words.js";
import { jsonAddress } from "./requests.js";
import { keyName, mapLinks, momentName, tempoName } from "./words.js";

/** @typedef {import("./requests.js").Analysis} Analysis */
/** @typedef {(seconds: number) => void} Seek */

const BARS = 10;
const ROWS = 20;
const CANNOT_PLAY = "This browser cannot play files of this kind.";

/**
 * @param {Analysis} analysis  that has finished
 * @returns {HTMLElement[]}
 */
export function resultParts(analysis) {
  const result = /** @type {Record<string, any>} */ (analysis.result);
  const audio = analysis.audio ? player(analysis.audio) : null;
  const seek = (/** @type {number} */ seconds) => {
    if (!audio) return;
    audio.currentTime = seconds;
    audio.play().catch(() => {}); // why it cannot be heard is said below it
  };
  return [
    heading(analysis),
    ...(audio ? [audio, complaint(audio)] : [h("p.quiet-line", {}, "Its sound is not kept any more.")]),
    h("p.result-actions", {}, ...mapLinks(analysis)),
    h("p.result-actions", {}, copyButton(result), jsonLink(analysis)),
    figures(result),
    ...genres(result),
    ...classifiers(result.classifiers),
    taggrams(result.tags, audio, seek),
    ...vectors(result.embeddings),
  ].filter((part) => part !== null);
}

/** @param {Analysis} analysis */
export function heading({ title, duration, created_at: created }) {
  const facts = [duration && formatTime(duration), momentName(created)];
  return h("header", {}, h("h1", {}, title), h("p.quiet-line", {}, facts.filter(Boolean).join(" · ")));
}

/** @param {string} src @returns {HTMLAudioElement} */
export const player = (src) =>
  /** @type {HTMLAudioElement} */ (h("audio", { src, controls: true, preload: "metadata" }));

/** A line that says why there is no sound, if so. @param {HTMLAudioElement} audio */
export function complaint(audio) {
  const line = h("p.row-problem", { role: "status", hidden: true }, CANNOT_PLAY);
  audio.addEventListener("error", () => (line.hidden = false));
  return line;
}

/** @param {Record<string, any>} result */
function copyButton(result) {
  const label = "Copy as JSON";
  const button = h("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(JSON.stringify(result, null, 2));
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not allow it";
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
  return button;
}

/** @param {Analysis} analysis */
const jsonLink = ({ id }) => h("a", { href: jsonAddress(id) }, "JSON");

/** Tempo and key. @param {Record<string, any>} result */
function figures({ bpm, key }) {
  if (!bpm && !key) return null;
  return h(
    "dl.figures",
    {},
    bpm &&
      figure("Tempo", tempoName(bpm.bpm), [
        bpm.confidence !== null && `confidence ${share(bpm.confidence)}`,
        bpm.beats ? `${bpm.beats} beats` : null,
      ]),
    key && figure("Key", keyName(key), [key.strength !== null && `strength ${share(key.strength)}`]),
  );
}

/** @param {string} title @param {string} value @param {(string | null | false)[]} facts */
const figure = (title, value, facts) =>
  h(
    "div",
    {},
    h("dt", {}, title),
    h("dd", {}, value, h("span.quiet-line", {}, facts.filter(Boolean).join(" · "))),
  );

/** @param {number} value */
const share = (value) => `${Math.round(100 * value)} %`;

/** @param {Record<string, any>} result */
const genres = (result) =>
  Object.entries(result)
    .filter(([name]) => name.startsWith("genre_"))
    .map(([name, { genres, network }]) =>
      section("Genre", network ? `by ${networkName(network)}` : name, [
        tagBars(
          genres
            .slice(0, BARS)
            .map((/** @type {any} */ { genre, score }) => ({ tag: genre, activation: score })),
        ),
      ]),
    );

/** @param {Record<string, any> | undefined} found */
function classifiers(found) {
  if (!found) return [];
  const groups = Object.entries(found).map(([name, { class: best, probabilities }]) =>
    h(
      "div.classifier",
      {},
      h("h3", {}, name.replaceAll("_", " "), h("span.quiet-line", {}, ` ${best}`)),
      tagBars(
        Object.entries(probabilities).map(([tag, value]) => ({ tag, activation: Number(value) })),
      ),
    ),
  );
  return [section("Character", null, [h("div.classifiers", {}, ...groups)])];
}

/** @param {any} tags @param {HTMLAudioElement | null} audio @param {Seek} seek */
function taggrams(tags, audio, seek) {
  const networks = Object.keys(tags?.networks ?? {});
  if (!networks.length) return null;
  const place = h("div");
  const show = (/** @type {string} */ network) => {
    const found = tags.networks[network];
    const bars = found.tags
      .slice(0, BARS)
      .map((/** @type {any} */ { tag, score }) => ({ tag, activation: score }));
    place.replaceChildren(tagBars(bars), ...(found.segments ? [overTime(network, found, audio, seek)] : []));
  };
  show(networks[0]);
  if (networks.length === 1) return section("Tags", `by ${networkName(networks[0])}`, [place]);
  const select = /** @type {HTMLSelectElement} */ (
    h("select", {}, ...networks.map((network) => h("option", { value: network }, networkName(network))))
  );
  select.addEventListener("change", () => show(select.value));
  return section("Tags", null, [h("label.by", {}, h("span", {}, "heard by"), select), place]);
}

/**
 * @param {string} network
 * @param {{vocabulary: string[], segments: number[][], segment_seconds: number}} found
 * @param {HTMLAudioElement | null} audio
 * @param {Seek} seek
 */
function overTime(network, { vocabulary, segments, segment_seconds }, audio, seek) {
  const activations = vocabulary.map((_, tag) => segments.map((row) => row[tag]));
  const taggram = { network, segment_seconds, tags: vocabulary, activations };
  const heatmap = new Heatmap(seek);
  const more = h("button.more", { type: "button", "aria-expanded": "false" });
  const place = h(
    "div",
    {},
    audio && h("p.quiet-line", {}, "Over time: click to hear it from there."),
    heatmap.element,
    colourScale(),
    more,
  );
  let all = false;
  const draw = () => {
    more.textContent = all ? "Fewer tags" : `All ${vocabulary.length} tags`;
    more.setAttribute("aria-expanded", String(all));
    heatmap
      .show(strongestFirst(taggram, all ? Infinity : ROWS))
      .catch((error) => place.replaceChildren(h("p.row-problem", {}, error.message)));
  };
  more.addEventListener("click", () => {
    all = !all;
    draw();
  });
  more.hidden = vocabulary.length <= ROWS;
  audio?.addEventListener("timeupdate", () => heatmap.playhead(audio.currentTime));
  draw();
  return place;
}

/** @param {any} embeddings */
function vectors(embeddings) {
  const networks = Object.entries(embeddings?.networks ?? {});
  if (!networks.length) return [];
  const lines = networks.map(([network, { size, segments, mean }]) => {
    const count = segments ? `${segments.length} × ` : "";
    return h("li", {}, `${networkName(network)}: ${count}${size ?? (mean ?? segments[0]).length} numbers`);
  });
  const line = "Vectors that say what sounds alike; they are in the JSON.";
  return [section("Embeddings", null, [h("p.quiet-line", {}, line), h("ul.plain", {}, ...lines)])];
}

/** @param {string} title @param {string | null} note @param {(Node | null)[]} contents */
const section = (title, note, contents) =>
  h("section.found", {}, h("h2", {}, title, note && h("span.quiet-line", {}, ` ${note}`)), ...contents);
