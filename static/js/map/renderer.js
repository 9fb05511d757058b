/**
 * Draws points with WebGL2: uint16 positions and a uint8 code per point that a palette turns into a colour.
 *
 * Five bytes per point on the GPU, six where points differ in size. Points lie in the buffers as they are
 * drawn: first those that are filtered out, then the others in the order of their code's rank, so that what
 * matters (a strong activation, a highlighted category) lies above the rest. Selected points are drawn once
 * more above all others.
 */

import { LineRenderer } from "./lines.js";
import { compile, POINT_FRAGMENT, POINT_VERTEX } from "./shaders.js";

/**
 * @typedef {object} Colours
 * @property {Uint8Array} codes    one per point
 * @property {Uint8Array} palette  256 × RGBA, not premultiplied; alpha 0 hides the code's points
 * @property {Uint8Array} ranks    256: codes of higher rank are drawn above those of lower rank
 */

/**
 * @typedef {object} Frame
 * @property {{scale: [number, number], offset: [number, number]}} clip  unit square to clip space
 * @property {number} size        diameter of a point, device pixels
 * @property {number} opacity     0 to 1
 * @property {number} every       1 draws all points, k every k-th (at most {@link MAX_THINNING})
 * @property {number} pixelRatio  device pixels per CSS pixel
 */

/** @typedef {[number, number, number]} Rgb 0 to 1 */
/** @typedef {{background: Rgb, faded: Rgb, mark: Rgb}} Ground  behind the points; of what is out; of rims */

/** WebGL allows strides of 255 bytes, and a coordinate has two. */
export const MAX_THINNING = 127;
const UNIFORMS = ["scale", "offset", "size", "opacity", "areas", "tint", "rim", "rimFrom", "palette"];
/** Area of a point with size 0, and how much larger one with size 255 is; where all are alike. */
const AREAS = { sized: [0.3, 2.4], alike: [1, 0] };
/** From which diameter on, device pixels, a rim parts a point from those below. */
const RIM_FROM = { usual: 6, selected: 7 };
const FADED_OPACITY = 0.4;
/** What is left of the opacity of the others while some points are selected. */
const BESIDE_SELECTION = 0.4;
const SELECTED_SIZE = 1.35;

/** The browser cannot draw the map. */
export class WebGLError extends Error {}

export class PointRenderer {
  #gl;
  #lines;
  /** @type {WebGLProgram} */
  #program;
  /** @type {Record<string, WebGLUniformLocation | null>} */
  #uniforms = {};
  /** @type {Record<"x" | "y" | "code" | "extent" | "selected", WebGLBuffer>} */
  #buffers;
  #x = new Uint16Array(0);
  #y = new Uint16Array(0);
  /** @type {Uint8Array | null} */
  #sizes = null;
  /** @type {Colours} */
  #colours = { codes: new Uint8Array(0), palette: new Uint8Array(1024), ranks: new Uint8Array(256) };
  /** @type {Uint8Array | null} */
  #mask = null;
  /** @type {Uint8Array | null} */
  #selected = null;
  /** @type {Uint32Array | null} row at each place of the buffers; null where rows lie in their own order */
  #order = null;
  /** Points at the start of the buffers that are filtered out. */
  #out = 0;
  /** Selected points that are not filtered out. */
  #chosen = 0;
  #stale = { points: true, selection: true };
  /** Whether what is filtered out is not drawn at all. */
  hidesOut = false;
  /** @type {Ground} */
  ground = { background: [1, 1, 1], faded: [0.8, 0.8, 0.8], mark: [0, 0, 0] };

  /**
   * @param {HTMLCanvasElement} canvas
   * @throws {WebGLError}
   */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", {
      antialias: false,
      depth: false,
      powerPreference: "high-performance",
    });
    if (!gl) throw new WebGLError("This browser offers no WebGL 2, which the map is drawn with.");
    this.#gl = gl;
    this.#lines = new LineRenderer(gl);
    this.restore();
  }

  /** Make everything that lives on the GPU (anew, where the browser took it away). */
  restore() {
    const gl = this.#gl;
    this.#program = compile(gl, POINT_VERTEX, POINT_FRAGMENT);
    for (const name of UNIFORMS) this.#uniforms[name] = gl.getUniformLocation(this.#program, name);
    const names = /** @type {const} */ (["x", "y", "code", "extent", "selected"]);
    this.#buffers = /** @type {any} */ (Object.fromEntries(names.map((name) => [name, gl.createBuffer()])));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#lines.restore();
    this.#stale = { points: true, selection: true };
  }

  /** Number of points that are not filtered out. */
  get visible() {
    this.#refresh();
    return this.#x.length - this.#out;
  }

  /** Number of points that are drawn. */
  get length() {
    return this.hidesOut ? this.visible : this.#x.length;
  }

  /**
   * @param {Uint16Array} x
   * @param {Uint16Array} y
   * @param {Uint8Array | null} sizes  area of each point, 0 = the least; null where all are alike
   * @param {Colours} colours
   */
  setPoints(x, y, sizes, colours) {
    this.#x = x;
    this.#y = y;
    this.#sizes = sizes;
    this.#mask = null;
    this.#selected = null;
    this.setPaths(new Uint32Array(0));
    this.setColours(colours);
  }

  /** @param {Colours} colours */
  setColours(colours) {
    this.#colours = colours;
    this.#lines.stale = true;
    this.#stale = { points: true, selection: true };
  }

  /** @param {Uint8Array | null} mask  per row: not 0 where it is filtered out */
  setMask(mask) {
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#stale = { points: true, selection: true };
  }

  /** @param {Uint8Array | null} selected  per row: not 0 where it is selected; null where none is */
  setSelected(selected) {
    this.#selected = selected;
    this.#stale.selection = true;
  }

  /** @param {Uint32Array} pairs  rows that each line begins and ends at, one after the other */
  setPaths(pairs) {
    this.#lines.setPaths(pairs);
  }

  /** Bring to the GPU what has changed: once per frame, however much it was. */
  #refresh() {
    if (this.#stale.points) this.#upload();
    if (this.#stale.selection) this.#uploadSelection();
    this.#stale = { points: false, selection: false };
  }

  #upload() {
    const gl = this.#gl;
    const { codes, palette, ranks } = this.#colours;
    const { order, out } = drawingOrder(codes, ranks, this.#mask);
    this.#order = order;
    this.#out = out;
    for (const [name, values] of /** @type {const} */ ([
      ["x", this.#x],
      ["y", this.#y],
      ["code", codes],
      ["extent", this.#sizes],
    ])) {
      if (values) this.#fill(name, order ? gather(values, order) : values);
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
  }

  /** @param {"x" | "y" | "code" | "extent"} name @param {Uint16Array | Uint8Array} values */
  #fill(name, values) {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  }

  #uploadSelection() {
    const gl = this.#gl;
    const selected = this.#selected;
    const order = this.#order;
    this.#chosen = 0;
    if (!selected) return;
    const places = new Uint32Array(this.#x.length - this.#out);
    for (let at = this.#out; at < selected.length; at++) {
      if (selected[order ? order[at] : at]) places[this.#chosen++] = at;
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.selected);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, places.subarray(0, this.#chosen), gl.STATIC_DRAW);
  }

  /**
   * @param {Frame} frame
   * @returns {number} points drawn
   */
  draw({ clip, size, opacity, every, pixelRatio }) {
    this.#refresh();
    const gl = this.#gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.#begin(clip);
    const beside = this.#chosen ? BESIDE_SELECTION : 1;
    let drawn = 0;
    if (!this.hidesOut) {
      this.#style(size, opacity * FADED_OPACITY * beside, this.ground.faded, 1);
      drawn += this.#range(0, this.#out, every);
    }
    if (this.#x.length) this.#lines.draw(clip, pixelRatio, { x: this.#x, y: this.#y, ...this.#colours });
    this.#begin(clip);
    this.#style(size, opacity * beside);
    drawn += this.#range(this.#out, this.#x.length - this.#out, every);
    if (this.#chosen) this.#drawSelected(size * SELECTED_SIZE);
    return drawn;
  }

  /** @param {Frame["clip"]} clip */
  #begin(clip) {
    const gl = this.#gl;
    gl.useProgram(this.#program);
    gl.uniform2fv(this.#uniforms.scale, clip.scale);
    gl.uniform2fv(this.#uniforms.offset, clip.offset);
    gl.uniform2fv(this.#uniforms.areas, this.#sizes ? AREAS.sized : AREAS.alike);
  }

  /** @param {number} size @param {number} opacity @param {Rgb} tint @param {number} tinted  share of the tint */
  #style(size, opacity, tint = [0, 0, 0], tinted = 0) {
    const gl = this.#gl;
    gl.uniform1f(this.#uniforms.size, size);
    gl.uniform1f(this.#uniforms.opacity, opacity);
    gl.uniform4f(this.#uniforms.tint, ...tint, tinted);
    gl.uniform3fv(this.#uniforms.rim, this.ground.background);
    gl.uniform1f(this.#uniforms.rimFrom, RIM_FROM.usual);
  }

  /** @param {number} size */
  #drawSelected(size) {
    const gl = this.#gl;
    this.#style(size, 1);
    gl.uniform3fv(this.#uniforms.rim, this.ground.mark);
    gl.uniform1f(this.#uniforms.rimFrom, RIM_FROM.selected);
    this.#point(0, 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.selected);
    gl.drawElements(gl.POINTS, this.#chosen, gl.UNSIGNED_INT, 0);
  }

  /**
   * Draw a stretch of the buffers.
   * @param {number} start
   * @param {number} length
   * @param {number} every
   * @returns {number} points drawn
   */
  #range(start, length, every) {
    const count = Math.ceil(length / every);
    if (!count) return 0;
    this.#point(start, every);
    this.#gl.drawArrays(this.#gl.POINTS, 0, count);
    return count;
  }

  /**
   * Read every k-th point from a place on: a longer stride thins out without touching the buffers.
   * @param {number} start
   * @param {number} every
   */
  #point(start, every) {
    const gl = this.#gl;
    for (const name of /** @type {const} */ (["x", "y", "code", "extent"])) {
      const place = gl.getAttribLocation(this.#program, name);
      if (name === "extent" && !this.#sizes) {
        gl.disableVertexAttribArray(place);
        continue;
      }
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers[name]);
      gl.enableVertexAttribArray(place);
      if (name === "code") gl.vertexAttribIPointer(place, 1, gl.UNSIGNED_BYTE, every, start);
      else if (name === "extent") gl.vertexAttribPointer(place, 1, gl.UNSIGNED_BYTE, true, every, start);
      else gl.vertexAttribPointer(place, 1, gl.UNSIGNED_SHORT, true, 2 * every, 2 * start);
    }
  }
}

/**
 * Rows as they are drawn: those that are filtered out first, then by the rank of their code, in their own
 * order within a rank (counting sort).
 * @param {Uint8Array} codes
 * @param {Uint8Array} ranks
 * @param {Uint8Array | null} mask
 * @returns {{order: Uint32Array | null, out: number}} null where that is the rows' own order; how many are out
 */
function drawingOrder(codes, ranks, mask) {
  if (!mask && ranks.every((rank) => rank === ranks[0])) return { order: null, out: 0 };
  const next = new Uint32Array(258);
  for (let row = 0; row < codes.length; row++) next[mask?.[row] ? 1 : ranks[codes[row]] + 2]++;
  const out = next[1];
  for (let rank = 1; rank < next.length; rank++) next[rank] += next[rank - 1];
  const order = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    order[next[mask?.[row] ? 0 : ranks[codes[row]] + 1]++] = row;
  }
  return { order, out };
}

/**
 * @template {Uint16Array | Uint8Array} T
 * @param {T} values
 * @param {Uint32Array} order
 * @returns {T}
 */
function gather(values, order) {
  const result = /** @type {T} */ (new /** @type {any} */ (values.constructor)(order.length));
  for (let at = 0; at < order.length; at++) result[at] = values[order[at]];
  return result;
}
