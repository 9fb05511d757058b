/** The listening test: plays a reference and three choices, and sends which of them a rater chose. */

import { fetchQuestion, sendAnswer } from "./api.js";
import { h, icon, part } from "./dom.js";
import { shortcutsWanted } from "./keyboard.js";
import { showResults } from "./listening-results.js";

/** @typedef {import("./api.js").Sound} Sound */

const RATER = "listening-test-rater";
const PLAY = "M5 3l8 5-8 5z";
const STOP = "M4 4h8v8H4z";
const NAMES = ["Reference", "Choice 1", "Choice 2", "Choice 3"];

const { dataset } = document.documentElement;
/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A random name that this browser keeps. @returns {string} */
function raterName() {
  const known = localStorage.getItem(RATER);
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const name = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  localStorage.setItem(RATER, name);
  return name;
}

class ListeningTest {
  #audio = /** @type {HTMLAudioElement} */ (element("audio"));
  /** @type {import("./api.js").Question | null} */
  #question = null;
  /** @type {Sound[]} the reference, then the choices */
  #sounds = [];
  /** @type {HTMLElement[]} */
  #cards = [];
  /** Which sound is in the player; -1 = none. */
  #current = -1;
  #rater = raterName();

  constructor() {
    for (const event of ["play", "pause", "ended"]) this.#audio.addEventListener(event, () => this.#show());
    this.#audio.addEventListener("playing", () => this.#hear());
    this.#audio.addEventListener("error", () => this.#tell("This sound cannot be played here. Skip it."));
    element("skip").addEventListener("click", () => this.ask());
    addEventListener("keydown", (event) => this.#press(event));
  }

  /** Ask the next question. */
  async ask() {
    this.#audio.pause();
    this.#tell(null);
    try {
      this.#question = await fetchQuestion();
    } catch (error) {
      dataset.state = "error";
      element("question").hidden = true;
      return this.#tell(error instanceof Error ? error.message : String(error));
    }
    const { reference, choices } = this.#question;
    this.#sounds = [reference, ...choices];
    this.#current = -1;
    this.#cards = this.#sounds.map((_, number) => this.#card(number));
    element("sounds").replaceChildren(...this.#cards);
    element("question").hidden = false;
    dataset.state = "ready";
    this.#show();
  }

  /** @param {number} number  0 = the reference */
  #card(number) {
    const play = h(
      "button.play",
      { type: "button", onclick: () => this.#play(number) },
      h("span.disc", {}, icon(PLAY)),
      h("span", {}, h("span.name", {}, NAMES[number]), h("span.state", { "data-part": "state" })),
    );
    const choose = h(
      "button.choose",
      { type: "button", "aria-label": `Choose ${number}`, onclick: () => this.#choose(number) },
      "Choose",
    );
    return h(
      number ? "div.sound" : "div.sound.reference",
      { role: "group", "aria-label": NAMES[number] },
      play,
      h("div.passed", { "aria-hidden": "true" }, h("span", { "data-part": "passed" })),
      number ? choose : null,
    );
  }

  /** Play a sound from its start, or stop it. @param {number} number */
  #play(number) {
    if (number === this.#current && !this.#audio.paused) return this.#audio.pause();
    const { audio, start } = this.#sounds[number];
    if (this.#audio.getAttribute("src") !== audio) this.#audio.src = audio;
    this.#current = number;
    this.#tell(null);
    this.#audio.currentTime = start;
    // One that another replaces before it sounds is no error; real ones come as the event "error".
    this.#audio.play().catch(() => {});
    requestAnimationFrame(() => this.#watch());
  }

  #hear() {
    if (this.#current >= 0) this.#cards[this.#current].dataset.heard = "";
    this.#show();
  }

  /** Show how much has passed, and stop at the end of the segment. */
  #watch() {
    const sound = this.#sounds[this.#current];
    if (!sound) return;
    const share = (this.#audio.currentTime - sound.start) / (sound.end - sound.start);
    const bar = part(this.#cards[this.#current], "passed");
    bar.style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
    if (share >= 1) this.#audio.pause();
    if (!this.#audio.paused) requestAnimationFrame(() => this.#watch());
  }

  get #allHeard() {
    return this.#cards.every((card) => "heard" in card.dataset);
  }

  #show() {
    for (const [number, card] of this.#cards.entries()) {
      const playing = number === this.#current && !this.#audio.paused;
      const state = playing ? "playing" : "heard" in card.dataset ? "heard" : "not heard yet";
      part(card, "state").textContent = state;
      card.dataset.playing = String(playing);
      card.querySelector(".disc")?.replaceChildren(icon(playing ? STOP : PLAY));
      const choose = /** @type {HTMLButtonElement | null} */ (card.querySelector(".choose"));
      if (choose) choose.disabled = !this.#allHeard;
    }
  }

  /** @param {number} number  from 1 */
  async #choose(number) {
    if (!this.#question || !this.#allHeard) return;
    const { question } = this.#question;
    this.#question = null; // a second press is no second answer
    try {
      const { answers } = await sendAnswer({ question, rater: this.#rater, choice: number - 1 });
      const count = answers === 1 ? "your first answer" : `${answers} answers from you`;
      element("thanks").textContent = `Thank you: ${count}.`;
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    }
    await showResults(element("agreement"));
    await this.ask();
    /** @type {HTMLElement | null} */ (this.#cards[0]?.querySelector("button"))?.focus();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !shortcutsWanted() || !this.#question) return;
    const number = event.key === "r" ? 0 : Number(/^Digit([1-3])$/.exec(event.code)?.[1] ?? NaN);
    if (Number.isNaN(number)) return;
    event.preventDefault();
    if (event.shiftKey && number) this.#choose(number);
    else this.#play(number);
  }

  /** @param {string | null} problem */
  #tell(problem) {
    element("problem").hidden = !problem;
    element("problem").textContent = problem;
  }
}

element("results").addEventListener("toggle", () => showResults(element("agreement")));
new ListeningTest().ask();
