/**
 * Lines from row to row, drawn with WebGL2 below the points that are shown: one instance per line.
 *
 * A vertex array of its own keeps its attributes, which advance per instance, apart from those of the points.
 */

import { compile, LINE_FRAGMENT, LINE_VERTEX } from "./shaders.js";

/** @typedef {{x: Uint16Array, y: Uint16Array, codes: Uint8Array}} Columns  a place and a colour per row */

const UNIFORMS = ["scale", "offset", "pixels", "width", "opacity"];
const ATTRIBUTES = ["from", "to", "code"];
/** Bytes per line: both ends as uint16 pairs, the code of the first end, filled up to a multiple of four. */
const STRIDE = 12;
const WIDTH = 1.2;
const OPACITY = 0.4;

export class LineRenderer {
  #gl;
  /** @type {WebGLProgram} */
  #program;
  /** @type {Record<string, WebGLUniformLocation | null>} */
  #uniforms = {};
  /** @type {WebGLVertexArrayObject} */
  #vertices;
  /** @type {WebGLBuffer} */
  #buffer;
  #pairs = new Uint32Array(0);
  /** Whether places or colours have changed since they were brought to the GPU. */
  stale = true;

  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.#gl = gl;
  }

  /** Make everything that lives on the GPU. */
  restore() {
    const gl = this.#gl;
    this.#program = compile(gl, LINE_VERTEX, LINE_FRAGMENT);
    for (const name of UNIFORMS) this.#uniforms[name] = gl.getUniformLocation(this.#program, name);
    this.#buffer = gl.createBuffer();
    this.#vertices = gl.createVertexArray();
    gl.bindVertexArray(this.#vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    const [from, to, code] = ATTRIBUTES.map((name) => gl.getAttribLocation(this.#program, name));
    gl.vertexAttribPointer(from, 2, gl.UNSIGNED_SHORT, true, STRIDE, 0);
    gl.vertexAttribPointer(to, 2, gl.UNSIGNED_SHORT, true, STRIDE, 4);
    gl.vertexAttribIPointer(code, 1, gl.UNSIGNED_BYTE, STRIDE, 8);
    for (const place of [from, to, code]) {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribDivisor(place, 1);
    }
    gl.bindVertexArray(null);
    this.stale = true;
  }

  /** @param {Uint32Array} pairs  rows that each line begins and ends at, one after the other */
  setPaths(pairs) {
    this.#pairs = pairs;
    this.stale = true;
  }

  /**
   * @param {import("./renderer.js").Frame["clip"]} clip
   * @param {number} pixelRatio
   * @param {Columns} columns  of all rows
   */
  draw(clip, pixelRatio, columns) {
    const gl = this.#gl;
    if (!this.#pairs.length) return;
    if (this.stale) this.#upload(columns);
    gl.useProgram(this.#program);
    gl.uniform2fv(this.#uniforms.scale, clip.scale);
    gl.uniform2fv(this.#uniforms.offset, clip.offset);
    gl.uniform2f(this.#uniforms.pixels, gl.drawingBufferWidth / 2, gl.drawingBufferHeight / 2);
    gl.uniform1f(this.#uniforms.width, WIDTH * pixelRatio);
    gl.uniform1f(this.#uniforms.opacity, OPACITY);
    gl.bindVertexArray(this.#vertices);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#pairs.length / 2);
    gl.bindVertexArray(null);
  }

  /** @param {Columns} columns */
  #upload({ x, y, codes }) {
    const gl = this.#gl;
    const pairs = this.#pairs;
    const bytes = new Uint8Array((pairs.length / 2) * STRIDE);
    const places = new Uint16Array(bytes.buffer);
    for (let at = 0, byte = 0; at < pairs.length; at += 2, byte += STRIDE) {
      const [from, to] = [pairs[at], pairs[at + 1]];
      places.set([x[from], y[from], x[to], y[to]], byte / 2);
      bytes[byte + 8] = codes[from];
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.STATIC_DRAW);
    this.stale = false;
  }
}
