/** What both sides of the comparison are timed by. */

/** @returns {{position: object, colours: object[]}} queries for the points, as the page's address gives them */
export function queryOfPage() {
  const space = Object.fromEntries(new URLSearchParams(location.search));
  const [first, second] = space.tags.split(",");
  delete space.tags;
  return {
    position: { ...space, columns: "position", projection: "umap" },
    colours: [first, second].map((tag) => ({ ...space, columns: `tag:${tag}` })),
  };
}

/**
 * Wait until a frame has been drawn, not only asked for: reading a pixel back waits for the GPU.
 * @param {WebGLRenderingContext} gl
 */
export async function finished(gl) {
  await new Promise((resolve) => requestAnimationFrame(resolve));
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

/**
 * Share of the pixels that something was drawn to: proof that there was something to be timed.
 * @param {WebGLRenderingContext} gl  just drawn to
 */
export function drawnShare(gl) {
  const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
  const pixels = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  return pixels.filter((value, at) => at % 4 === 3 && value > 0).length / (width * height);
}

/**
 * Time what letting go of the mouse leads to.
 * @param {(then: () => void) => void} listen  calls back once the shape has been answered
 * @param {() => unknown} settle
 * @returns {Promise<number>} milliseconds
 */
export function timeRelease(listen, settle) {
  return new Promise((resolve) => {
    let start = NaN;
    addEventListener("pointerup", () => (start = performance.now()), { capture: true, once: true });
    listen(async () => {
      await settle();
      resolve(performance.now() - start);
    });
  });
}

/**
 * @param {number} count
 * @param {(turn: number) => unknown} act
 * @param {() => unknown} settle
 * @returns {Promise<number[]>} milliseconds of each turn
 */
export async function timeEach(count, act, settle) {
  const times = [];
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now();
    await act(turn);
    await settle();
    times.push(performance.now() - start);
  }
  return times;
}
