/** Pointer, wheel and pinch on an element, told as pans, zooms, hovers, taps and drawn shapes. */

/**
 * @typedef {object} GestureHandlers  All places are CSS pixels from the element's corner.
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, x: number, y: number) => void} zoom
 * @property {(place: {x: number, y: number} | null) => void} hover  null when the pointer leaves
 * @property {(place: {x: number, y: number}, event: PointerEvent) => void} tap
 * @property {(event: PointerEvent) => boolean} draws  whether a drag that begins so draws a shape, moving nothing
 * @property {(place: {x: number, y: number}) => void} trace  the shape goes on to here; it began at the first
 * @property {(event: PointerEvent | null) => void} finish    the shape is done; null: it was broken off
 */

const DRAG_THRESHOLD = 4;
const ZOOM_PER_PIXEL = 0.0016;
const ZOOM_PER_PINCH_PIXEL = 0.01;
const PIXELS_PER_LINE = 20;

/**
 * @param {HTMLElement} element
 * @param {GestureHandlers} handlers
 */
export function listen(element, handlers) {
  /** Pointers that are down. @type {Map<number, {x: number, y: number}>} */
  const held = new Map();
  let start = { x: 0, y: 0 };
  let dragging = false;
  let drawing = false;

  /** @param {MouseEvent} event */
  const placeOf = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const place = placeOf(event);
    held.set(event.pointerId, place);
    if (held.size === 1) {
      start = place;
      dragging = false;
      drawing = handlers.draws(event);
    } else if (drawing) {
      drawing = false;
      if (dragging) handlers.finish(null);
    }
  });

  element.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    const before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") handlers.hover(place);
      return;
    }
    if (!dragging && Math.hypot(place.x - start.x, place.y - start.y) < DRAG_THRESHOLD) return;
    if (!dragging) {
      dragging = true;
      element.setPointerCapture(event.pointerId);
      handlers.hover(null);
      if (drawing) handlers.trace(start);
    }
    if (drawing) handlers.trace(place);
    else if (held.size === 2) pinch(event.pointerId, place);
    else handlers.pan(place.x - before.x, place.y - before.y);
    held.set(event.pointerId, place);
  });

  /** @param {number} id @param {{x: number, y: number}} place */
  const pinch = (id, place) => {
    const before = /** @type {{x: number, y: number}} */ (held.get(id));
    const [, other] = /** @type {[number, {x: number, y: number}]} */ (
      [...held].find(([pointer]) => pointer !== id)
    );
    const distance = Math.hypot(before.x - other.x, before.y - other.y);
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    handlers.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
    if (distance > 0) {
      handlers.zoom(Math.hypot(place.x - other.x, place.y - other.y) / distance, middle.x, middle.y);
    }
  };

  element.addEventListener("pointerup", (event) => {
    if (!held.delete(event.pointerId)) return;
    if (!dragging && held.size === 0) handlers.tap(placeOf(event), event);
    else if (drawing && held.size === 0) handlers.finish(event);
  });
  element.addEventListener("pointercancel", (event) => {
    if (held.delete(event.pointerId) && drawing && dragging) handlers.finish(null);
    drawing = false;
  });
  element.addEventListener("pointerleave", (event) => {
    if (!held.has(event.pointerId)) handlers.hover(null);
  });

  element.addEventListener("dblclick", (event) => {
    const place = placeOf(event);
    handlers.zoom(2, place.x, place.y);
  });

  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_LINE : 1);
      // Browsers tell a pinch on a touchpad as a wheel with Ctrl, in much smaller steps.
      const rate = event.ctrlKey ? ZOOM_PER_PINCH_PIXEL : ZOOM_PER_PIXEL;
      const place = placeOf(event);
      handlers.zoom(Math.exp(-pixels * rate), place.x, place.y);
    },
    { passive: false },
  );
}
