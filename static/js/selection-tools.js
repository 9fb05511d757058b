/** Buttons for what a drag on the map does, and the bar that tells what is selected. */

import { h, icon } from "./dom.js";
import { countOf } from "./format.js";

/** @typedef {import("./map/lasso.js").Mode} Mode */
/** @typedef {import("./map/lasso.js").Tool} Tool */

const DRAGS = /** @type {const} */ ([
  ["move", "Move the map", "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6L2 8l2 2M12 6l2 2-2 2"],
  [
    "lasso",
    "Select by drawing around (Shift and drag)",
    "M8 3c4 0 6 1.500 6 3.500S12 10 8 10 2 8.500 2 6.500 4 3 8 3zM5 9.500c-2 1-1.500 3.500 1 4",
  ],
  ["box", "Select a box", "M3 3h2M7 3h2M11 3h2v2M13 7v2M13 11v2h-2M9 13H7M5 13H3v-2M3 9V7M3 5V3"],
]);
const MODES = /** @type {const} */ ([
  ["replace", "New", "A shape begins a new selection"],
  ["add", "Add", "A shape adds to the selection (Shift)"],
  ["subtract", "Take away", "A shape takes away from the selection (Alt)"],
]);
const LABELS =
  "M2 12.500L5 4l3 8.500M3 10h4M10 8.500c.500-2 4-2 4 .500v3.500M14 10.500c-1-.500-4-.500-4 1s3 1.500 4 0";

const TOO_LONG =
  "Too many for an address: whoever opens a link to this view sees no selection. The back button keeps it.";

/**
 * @typedef {object} ToolHandlers
 * @property {(tool: Tool) => void} onTool
 * @property {() => void} onClear
 * @property {(wanted: boolean) => void} onLabels
 */

export class SelectionTools {
  #buttons;
  #bar;
  #handlers;
  /** @type {Tool} */
  #tool = { drag: "move", mode: "replace" };
  #count = 0;
  #noun = "point";
  #labels = true;
  #nameless = false;

  /** @param {HTMLElement} buttons @param {HTMLElement} bar @param {ToolHandlers} handlers */
  constructor(buttons, bar, handlers) {
    this.#buttons = buttons;
    this.#bar = bar;
    this.#handlers = handlers;
    this.#fill();
  }

  get tool() {
    return this.#tool;
  }

  /** @param {Partial<Tool>} tool */
  use(tool) {
    this.#tool = { ...this.#tool, ...tool };
    if (this.#tool.drag === "move") this.#tool.mode = "replace";
    this.#handlers.onTool(this.#tool);
    this.#fill();
  }

  /** @param {number} count  of selected points @param {string} noun  one of them */
  tell(count, noun) {
    this.#count = count;
    this.#noun = noun;
    this.#fill();
  }

  /** @param {boolean} wanted  whether regions are named @param {boolean} nameless  whether none has a name */
  tellLabels(wanted, nameless = false) {
    this.#labels = wanted;
    this.#nameless = nameless;
    this.#fill();
  }

  #fill() {
    const focused = document.activeElement?.getAttribute("data-tool");
    const { drag, mode } = this.#tool;
    this.#buttons.replaceChildren(
      ...DRAGS.map(([name, title, path]) =>
        press(name, title, name === drag, () => this.use({ drag: name }), icon(path)),
      ),
      press(
        "labels",
        this.#nameless ? "No region of this map stands out: there are no names" : "Name the regions",
        this.#labels && !this.#nameless,
        () => this.#handlers.onLabels(!this.#labels),
        icon(LABELS),
        this.#nameless,
      ),
    );
    this.#bar.hidden = drag === "move" && !this.#count;
    this.#bar.replaceChildren(
      h("span", { role: "status" }, `${countOf(this.#count, this.#noun)} selected`),
      h("span.link-note", { title: TOO_LONG }, "not in the link"),
      drag === "move"
        ? ""
        : h(
            "div.modes",
            { role: "group", "aria-label": "What a shape does" },
            ...MODES.map(([name, label, title]) =>
              press(name, title, name === mode, () => this.use({ mode: name }), label),
            ),
          ),
      h(
        "button",
        {
          type: "button",
          "data-tool": "clear",
          title: "Select nothing (Esc)",
          onclick: this.#handlers.onClear,
        },
        "Clear",
      ),
    );
    const again = focused && document.querySelector(`[data-tool="${focused}"]`);
    if (again) /** @type {HTMLElement} */ (again).focus();
  }
}

/**
 * @param {string} name
 * @param {string} title
 * @param {boolean} pressed
 * @param {() => void} onclick
 * @param {Node | string} content
 * @param {boolean} [disabled]
 */
function press(name, title, pressed, onclick, content, disabled) {
  const label = typeof content === "string" ? null : title;
  const attributes = {
    type: "button",
    "data-tool": name,
    title,
    "aria-label": label,
    "aria-pressed": String(pressed),
    disabled,
  };
  return h("button", { ...attributes, onclick }, content);
}
