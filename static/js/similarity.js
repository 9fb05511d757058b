/** The listening test: plays a reference and three choices, and sends which of them a rater chose. */

import { fetchQuestion, sendAnswer } from "./api.js";
import { h, icon, part } from "./dom.js";
import { shortcutsWanted } from "./keyboard.js";
import { showResults } from "./listening-results.js";
import { store, stored } from "./stored.js";

/** @typedef {import("./api.js").Sound} Sound */

const RATER = "listening-test-rater";
const PLAY = "M5 3l8 5-8 5z";
const STOP = "M4 4h8v8H4z";
/** Share of a segment that must have sounded before it counts as heard. */
const MOST = 0.8;
const NAMES = ["Reference", "Choice 1", "Choice 2", "Choice 3"];

const { dataset } = document.documentElement;
/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A random name that this browser keeps. @returns {string} */
function raterName() {
  const known = stored(RATER);
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const name = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  store(RATER, name);
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
  /** Whether an answer is on its way: a second press is no second answer. */
  #sending = false;

  constructor() {
    for (const event of ["play", "pause", "ended"]) this.#audio.addEventListener(event, () => this.#show());
    for (const event of ["timeupdate", "ended"]) this.#audio.addEventListener(event, () => this.#follow());
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
      this.#question = null;
      dataset.state = "error";
      element("question").hidden = true;
      return this.#tell(reasonOf(error), { label: "Try again", run: () => this.ask() });
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
    if (!element("problem").querySelector("button")) this.#tell(null); // what can be done about it stays
    this.#audio.currentTime = start;
    // One that another replaces before it sounds is no error; real ones come as the event "error".
    this.#audio.play().catch(() => {});
    requestAnimationFrame(() => this.#watch());
  }

  #watch() {
    this.#follow();
    if (!this.#audio.paused) requestAnimationFrame(() => this.#watch());
  }

  /** Show how much has passed, mark what was heard, and stop at the end of the segment. */
  #follow() {
    const sound = this.#sounds[this.#current];
    if (!sound) return;
    const card = this.#cards[this.#current];
    const share = (this.#audio.currentTime - sound.start) / (sound.end - sound.start);
    part(card, "passed").style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
    // A busy browser may tell of the end alone, and the last segment may be longer than the sound that is left.
    if ((share >= MOST || this.#audio.ended) && !("heard" in card.dataset)) {
      card.dataset.heard = "";
      this.#show();
    }
    if (share >= 1) this.#audio.pause();
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
    if (!this.#question || !this.#allHeard || this.#sending) return;
    this.#sending = true;
    const { question } = this.#question;
    try {
      const { answers } = await sendAnswer({ question, rater: this.#rater, choice: number - 1 });
      const count = answers === 1 ? "your first answer" : `${answers} answers from you`;
      element("thanks").textContent = `Thank you: ${count}.`;
    } catch (error) {
      const again = { label: `Send choice ${number} again`, run: () => this.#choose(number) };
      return this.#tell(`Your answer is not kept yet. ${reasonOf(error)}`, again);
    } finally {
      this.#sending = false;
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

  /**
   * @param {string | null} problem
   * @param {{label: string, run: () => void}} [action]  that may help
   */
  #tell(problem, action) {
    const place = element("problem");
    const button = action && h("button", { type: "button", onclick: action.run }, action.label);
    const hadFocus = place.contains(document.activeElement);
    place.hidden = !problem;
    place.replaceChildren(...(problem ? [h("span", {}, problem)] : []), ...(button ? [button] : []));
    if (hadFocus) button?.focus();
  }
}

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

element("results").addEventListener("toggle", () => showResults(element("agreement")));
new ListeningTest().ask();
