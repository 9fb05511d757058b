/** A list of any length of which only the rows that are seen exist. */

const OVERSCAN = 8;

export class VirtualList {
  #viewport;
  #body;
  #height;
  #render;
  #length = 0;
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  #waiting = 0;

  /**
   * @param {HTMLElement} viewport  that scrolls
   * @param {HTMLElement} body      in it, gets the rows
   * @param {number} height         of a row, CSS pixels
   * @param {(place: number) => HTMLElement} render
   */
  constructor(viewport, body, height, render) {
    this.#viewport = viewport;
    this.#body = body;
    this.#height = height;
    this.#render = render;
    body.classList.add("virtual");
    viewport.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#soon()).observe(viewport);
  }

  /** Make all rows anew. @param {number} length */
  show(length) {
    this.#length = length;
    this.#body.style.height = `${length * this.#height}px`;
    this.refresh();
  }

  /** Make the rows that are seen anew. */
  refresh() {
    for (const row of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#update();
  }

  /** @param {number} place @returns {HTMLElement | undefined} the row there, if it is near what is seen */
  row(place) {
    return this.#rows.get(place);
  }

  /** Rows that fit on the screen. */
  get page() {
    return Math.max(1, Math.floor(this.#seenHeight / this.#height) - 1);
  }

  /** Scroll just as far that a row is seen. @param {number} place */
  reveal(place) {
    const top = place * this.#height;
    const low = top + this.#height - this.#seenHeight;
    const { scrollTop } = this.#viewport;
    if (scrollTop > top) this.#viewport.scrollTop = top;
    else if (scrollTop < low) this.#viewport.scrollTop = low;
    this.#update();
  }

  /** What lies above the body, such as a head that stays, hides none of the rows. */
  get #seenHeight() {
    return this.#viewport.clientHeight - this.#body.offsetTop;
  }

  #soon() {
    cancelAnimationFrame(this.#waiting);
    this.#waiting = requestAnimationFrame(() => this.#update());
  }

  #update() {
    const { scrollTop, clientHeight } = this.#viewport;
    const first = Math.max(0, Math.floor(scrollTop / this.#height) - OVERSCAN);
    const last = Math.min(this.#length, Math.ceil((scrollTop + clientHeight) / this.#height) + OVERSCAN);
    for (const [place, row] of this.#rows) {
      if (place >= first && place < last) continue;
      row.remove();
      this.#rows.delete(place);
    }
    // From the last one up: each row finds the one that comes after it, and keys and screen readers meet them
    // in order.
    for (let place = last - 1; place >= first; place--) {
      if (this.#rows.has(place)) continue;
      const row = this.#render(place);
      row.style.transform = `translateY(${place * this.#height}px)`;
      this.#rows.set(place, row);
      this.#body.insertBefore(row, this.#rows.get(place + 1) ?? null);
    }
  }
}
