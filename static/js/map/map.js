/**
 * The map engine: columns of points in, events out. It knows no music.
 *
 * Events, each a CustomEvent on the map:
 * - `hover`    {row: number | null, x, y}: the point under the pointer has changed; CSS pixels of the point
 * - `select`   {row: number}: a point was clicked or tapped
 * - `lasso`    {rows: Uint32Array, mode: "replace" | "add" | "subtract"}: a shape was drawn around these rows,
 *   or one was clicked with Shift or Alt held
 * - `view`     {view: View, settled: boolean}: what is seen has changed; settled when it stays so
 * - `draw`     {drawn: number, every: number}: the points were drawn, all of them or every k-th
 * - `lost`, `restored`: the browser took the GPU away, gave it back
 */

import { FrameBudget } from "./budget.js";
import { Camera, HOME } from "./camera.js";
import { Flight } from "./flight.js";
import { listen } from "./gestures.js";
import { Grid } from "./grid.js";
import { LabelLayer } from "./labels.js";
import { draws, Lasso, modeOf, rowsWithin } from "./lasso.js";
import { look, spreadOf } from "./look.js";
import { MarkPainter, NO_MARKS } from "./marks.js";
import { PointRenderer } from "./renderer.js";

/** @typedef {import("./camera.js").View} View */
/** @typedef {import("./marks.js").Marks} Marks */
/** @typedef {import("./renderer.js").Colours} Colours */

/**
 * @typedef {object} Points
 * @property {Uint16Array} x
 * @property {Uint16Array} y
 * @property {[number, number] | null} lengths  of the axes, where a unit must be as long on both; else null
 * @property {Colours} colours
 * @property {Uint8Array | null} [sizes]  area of each point, 0 = the least; null where all are alike
 */

/** How far from a point the pointer still means it, CSS pixels. */
const REACH = { mouse: 10, touch: 24 };
/** A view that has not changed for so long, in ms, is settled: it is drawn in full. */
const SETTLE = 140;

export class PointMap extends EventTarget {
  #stage;
  #renderer;
  #painter;
  #labels;
  #camera = new Camera();
  #canvases;
  /** @type {Points | null} */
  #points = null;
  /** How far the points are spread over the map, 0 to 1. */
  #spread = 1;
  /** @type {Grid | null} made when first asked for */
  #grid = null;
  /** @type {Uint8Array | null} */
  #mask = null;
  /** @type {Marks} */
  #marks = { ...NO_MARKS };
  /** @type {Lasso | null} being drawn */
  #lasso = null;
  /** @type {import("./lasso.js").Tool} */
  tool = { drag: "move", mode: "replace" };
  #pixelRatio = 1;
  #frame = 0;
  #stale = { points: false, marks: false };
  #moving = false;
  #settling = 0;
  #flight = new Flight();
  #budget = new FrameBudget();
  /** Of how many points one was drawn last. */
  #every = 1;

  /**
   * @param {HTMLElement} stage  an empty, positioned element, which the map fills
   * @throws {import("./renderer.js").WebGLError}
   */
  constructor(stage) {
    super();
    this.#stage = stage;
    this.#canvases = [document.createElement("canvas"), document.createElement("canvas")];
    for (const canvas of this.#canvases) canvas.setAttribute("aria-hidden", "true");
    this.#renderer = new PointRenderer(this.#canvases[0]);
    this.#painter = new MarkPainter(this.#canvases[1]);
    stage.append(...this.#canvases);
    this.#labels = new LabelLayer(stage);
    this.#watchContext();
    new ResizeObserver(() => this.#resize()).observe(stage);
    this.#resize();
    this.#listen();
  }

  #watchContext() {
    const [canvas] = this.#canvases;
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.#emit("lost", {});
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.#renderer.restore();
      this.#redraw();
      this.#emit("restored", {});
    });
  }

  #listen() {
    listen(this.#stage, {
      pan: (dx, dy) => this.#move(() => this.#camera.pan(dx, dy)),
      zoom: (factor, x, y) => this.#move(() => this.#camera.zoomAt(factor, x, y)),
      hover: (place) => this.hover(place && this.pick(place.x, place.y, REACH.mouse)),
      tap: (place, event) => {
        const row = this.pick(place.x, place.y, event.pointerType === "touch" ? REACH.touch : REACH.mouse);
        if (row === null) return;
        if (event.shiftKey || event.altKey) {
          this.#emit("lasso", { rows: Uint32Array.of(row), mode: modeOf(this.tool, event) });
        } else this.#emit("select", { row });
      },
      draws: (event) => draws(this.tool, event),
      trace: (place) => this.#trace(place),
      finish: (event) => this.#finish(event),
    });
  }

  /** @param {{x: number, y: number}} place */
  #trace(place) {
    const { drag } = this.tool;
    if (this.#lasso) this.#lasso.trace(place);
    else this.#lasso = new Lasso(drag === "box" ? "box" : "lasso", place);
    this.setMarks({ outline: this.#lasso.outline });
  }

  /** @param {PointerEvent | null} event */
  #finish(event) {
    const lasso = this.#lasso;
    this.#lasso = null;
    this.setMarks({ outline: null });
    if (!event || !lasso || !this.#points) return;
    const rows = rowsWithin(lasso.outline, this.#points, this.#mask, this.#camera);
    this.#emit("lasso", { rows, mode: modeOf(this.tool, event) });
  }

  // ---- columns in -------------------------------------------------------------------------------

  /** @param {Points} points */
  setPoints(points) {
    this.#points = points;
    this.#spread = spreadOf(points.x, points.y);
    this.#grid = null;
    this.#mask = null;
    this.#marks = { ...NO_MARKS };
    this.#camera.setAspect(points.lengths);
    this.#renderer.setPoints(points.x, points.y, points.sizes ?? null, points.colours);
    this.#labels.set([]);
    this.#redraw();
  }

  /**
   * Filter points out: they are neither found nor selected.
   * @param {Uint8Array | null} mask  per row: not 0 where it is out; null where none is
   * @param {boolean} hide            whether what is out is not drawn at all, or faded
   */
  setMask(mask, hide) {
    this.#mask = mask;
    if (this.#grid) this.#grid.mask = mask;
    this.#renderer.setMask(mask);
    this.#renderer.hidesOut = hide;
    this.#labels.keep(mask && this.#index());
    this.#redraw();
  }

  /** @param {Uint8Array | null} selected  per row: not 0 where it stands out; null where none does */
  setSelected(selected) {
    this.#renderer.setSelected(selected);
    this.#redraw();
  }

  /** @param {Uint32Array} pairs  rows that lines begin and end at, one after the other */
  setPaths(pairs) {
    this.#renderer.setPaths(pairs);
    this.#redraw();
  }

  /** @param {import("./labels.js").LabelLevel[]} levels  of detail, the coarsest first */
  setLabels(levels) {
    this.#labels.set(levels);
    this.#redraw({ points: false });
  }

  /** @param {import("./labels.js").Box[]} boxes  of what lies over the map, where no label shall stand */
  setCovered(boxes) {
    this.#labels.covered = boxes;
    this.#redraw({ points: false });
  }

  /** @param {Colours} colours */
  setColours(colours) {
    this.#renderer.setColours(colours);
    this.#redraw();
  }

  /** @param {Partial<Marks>} marks */
  setMarks(marks) {
    Object.assign(this.#marks, marks);
    this.#redraw({ points: false });
  }

  /** @param {import("./marks.js").Ink} ink @param {import("./renderer.js").Ground} ground */
  setInk(ink, ground) {
    this.#painter.ink = ink;
    this.#renderer.ground = ground;
    this.#redraw();
  }

  /** @param {import("./camera.js").Insets} insets  room to keep around the points */
  setInsets(insets) {
    this.#camera.insets = insets;
    this.#redraw();
    this.#emit("view", { view: this.view, settled: false });
  }

  // ---- the view ---------------------------------------------------------------------------------

  /** @returns {View} */
  get view() {
    return { ...this.#camera.view };
  }

  /** Part of the unit square that the screen shows. @returns {{x: [number, number], y: [number, number]}} */
  get window() {
    const { width, height } = this.#camera;
    const low = this.#camera.toData(0, height);
    const high = this.#camera.toData(width, 0);
    return { x: [low.x, high.x], y: [low.y, high.y] };
  }

  /** @param {View} view */
  setView(view) {
    this.#flight.stop();
    this.#camera.set(view);
    this.#redraw();
    this.#emit("view", { view: this.view, settled: false });
  }

  /** @param {View} view  to go to, visibly, unless the user wants no motion */
  flyTo(view) {
    this.#flight.start(this.view, view, (passed) => this.#move(() => this.#camera.set(passed)));
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.flyTo({ ...this.view, zoom: this.view.zoom * factor });
  }

  /**
   * Move by shares of the screen.
   * @param {number} right
   * @param {number} up
   */
  panBy(right, up) {
    const { scale, width, height } = this.#camera;
    const { x, y, zoom } = this.view;
    this.flyTo({ x: x + (right * width) / scale.x, y: y + (up * height) / scale.y, zoom });
  }

  /** Show everything. */
  reset() {
    this.flyTo(HOME);
  }

  /** Move the view, if a row is outside of it, so that the row is in the middle. @param {number} row */
  reveal(row) {
    this.revealPlace(this.#position(row));
  }

  /** The same for any place. @param {{x: number, y: number}} position  in the unit square */
  revealPlace(position) {
    const place = this.#camera.toScreen(position.x, position.y);
    const { width, height, insets } = this.#camera;
    const inside =
      place.x >= insets.left / 2 &&
      place.x <= width - insets.right / 2 &&
      place.y >= insets.top / 2 &&
      place.y <= height - insets.bottom / 2;
    if (!inside) this.flyTo({ ...position, zoom: this.view.zoom });
  }

  // ---- questions about points -------------------------------------------------------------------

  /** @param {number} row @returns {{x: number, y: number}} in the unit square */
  #position(row) {
    const { x, y } = /** @type {Points} */ (this.#points);
    return { x: x[row] / 65535, y: y[row] / 65535 };
  }

  /** @param {number} row @returns {{x: number, y: number}} CSS pixels from the stage's corner */
  place(row) {
    const { x, y } = this.#position(row);
    return this.#camera.toScreen(x, y);
  }

  /**
   * The point at a place on the screen.
   * @param {number} x       CSS pixels
   * @param {number} y       CSS pixels
   * @param {number} reach   CSS pixels
   * @returns {number | null} its row
   */
  pick(x, y, reach = REACH.mouse) {
    const grid = this.#index();
    return grid && grid.nearest(this.#camera.toData(x, y), this.#camera.scale, reach);
  }

  /**
   * The point next to another in a direction; next to the middle of the screen without another.
   * @param {number | null} row
   * @param {{x: number, y: number}} direction  y upwards
   * @returns {number | null}
   */
  step(row, direction) {
    const { width, height } = this.#camera;
    if (row === null) return this.pick(width / 2, height / 2, Math.max(width, height));
    const grid = this.#index();
    return grid && grid.towards(row, direction, this.#camera.scale);
  }

  #index() {
    if (!this.#grid && this.#points) {
      this.#grid = new Grid(this.#points.x, this.#points.y);
      this.#grid.mask = this.#mask;
    }
    return this.#grid;
  }

  /** Mark a row as the one pointed at, and tell it. @param {number | null} row */
  hover(row) {
    if (row === this.#marks.hovered) return;
    this.setMarks({ hovered: row });
    this.#emit("hover", { row, ...(row === null ? {} : this.place(row)) });
  }

  // ---- drawing ----------------------------------------------------------------------------------

  #resize() {
    const { clientWidth, clientHeight } = this.#stage;
    this.#pixelRatio = Math.min(2, devicePixelRatio);
    this.#camera.resize(clientWidth, clientHeight);
    for (const canvas of this.#canvases) {
      canvas.width = Math.max(1, Math.round(clientWidth * this.#pixelRatio));
      canvas.height = Math.max(1, Math.round(clientHeight * this.#pixelRatio));
    }
    this.#labels.renew();
    // A resized canvas is empty: drawn at once, it does not flicker.
    this.#draw({ points: true, marks: true });
    this.#emit("view", { view: this.view, settled: false });
  }

  /** @param {() => void} change  of the camera */
  #move(change) {
    change();
    this.#moving = true;
    this.#redraw();
    this.#emit("view", { view: this.view, settled: false });
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settle(), SETTLE);
  }

  #settle() {
    this.#moving = false;
    this.#budget.rest();
    this.#redraw({ points: this.#every > 1 });
    this.#emit("view", { view: this.view, settled: true });
  }

  /** @param {{points: boolean}} what */
  #redraw({ points } = { points: true }) {
    this.#stale.points ||= points;
    this.#stale.marks = true;
    this.#frame ||= requestAnimationFrame((time) => {
      this.#frame = 0;
      const stale = this.#stale;
      this.#stale = { points: false, marks: false };
      if (this.#moving) this.#budget.begin(time, this.#renderer.length, this.#every > 1);
      this.#draw(stale);
    });
  }

  /** @param {{points: boolean, marks: boolean}} stale */
  #draw(stale) {
    if (stale.points) this.#every = this.#moving ? this.#budget.thinning(this.#renderer.length) : 1;
    const every = this.#every;
    const { width, height, view } = this.#camera;
    const { size, opacity } = look(this.#renderer.visible / every, width * height, this.#spread, view.zoom);
    if (stale.points) {
      const [clip, pixelRatio] = [this.#camera.clip, this.#pixelRatio];
      const drawn = this.#renderer.draw({ clip, size: size * pixelRatio, opacity, every, pixelRatio });
      this.#emit("draw", { drawn, every });
    }
    this.#labels.place(this.#camera);
    const project = (/** @type {{x: number, y: number}} */ { x, y }) => this.#camera.toScreen(x, y);
    this.#painter.draw(this.#marks, (row) => this.place(row), project, size / 2, this.#pixelRatio);
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
