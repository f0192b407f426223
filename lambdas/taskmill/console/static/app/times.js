// Times and durations as people read them; one clock for all that is shown.
import { signal } from "./lib.js";
import { duration } from "./durations.js";
import { utc } from "./settings.js";

export { duration, parseDuration } from "./durations.js";

/** Epoch milliseconds, once a second while the tab is visible. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

/**
 * "12 s ago", "in 3 min", "now".
 *
 * @param {string | number | Date | null | undefined} moment
 * @param {number} [at]
 */
export function relative(moment, at = now.value) {
  if (moment === null || moment === undefined) return "–";
  const away = new Date(moment).getTime() - at;
  if (Number.isNaN(away)) return "–";
  if (Math.abs(away) < 1_000) return "now";
  const [first = "", unit = ""] = duration(Math.abs(away)).replace(/\.\d+/, "").split(" ");
  return away > 0 ? `in ${first} ${unit}` : `${first} ${unit} ago`;
}

/**
 * "2026-11-28 14:03:22" and the zone, in UTC or local time as chosen.
 *
 * @param {string | number | Date | null | undefined} moment
 * @param {{seconds?: boolean, zone?: boolean}} [options]
 */
export function absolute(moment, { seconds = true, zone = true } = {}) {
  if (moment === null || moment === undefined) return "–";
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return String(moment);
  const shifted = utc.value ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  const text = shifted.toISOString().replace("T", " ").slice(0, seconds ? 19 : 16);
  return zone ? `${text} ${zoneName(date)}` : text;
}

/** @param {Date} date */
function zoneName(date) {
  if (utc.value) return "UTC";
  const offset = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${offset < 0 ? "−" : "+"}${two(hours)}:${two(minutes)}`;
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}
