/** Numbers and times for people. */

const COUNT = new Intl.NumberFormat("en");

/** @param {number} count @returns {string} 1,234 */
export const formatCount = (count) => COUNT.format(count);

/** @param {number} count @param {string} noun @returns {string} "1 track", "1,234 tracks" */
export const countOf = (count, noun) => `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** @param {number} seconds @returns {string} 3:07, or 1:02:03 */
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** @param {number} seconds @returns {string} "12 s", "3 min", "2 h 5 min": how long something takes */
export function formatDuration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
