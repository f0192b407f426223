// Times and durations as people read them; one clock for all that is shown.
import { signal } from "./lib.js";
import { utc } from "./settings.js";

/** Epoch milliseconds, once a second while the tab is visible. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

/** @type {[number, string][]} Seconds, and the unit from there on. */
const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/**
 * A duration with its unit: "340 ms", "12 s", "3 min 5 s", "2 h 10 min", "4 d 3 h".
 *
 * @param {number | null | undefined} milliseconds Never shown as negative.
 */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined || Number.isNaN(+milliseconds)) return "–";
  const value = Math.max(0, Number(milliseconds));
  if (value < 1_000) return `${Math.round(value)} ms`;
  const seconds = value / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return coarse(Math.round(seconds));
}

/** @param {number} seconds From 60. */
function coarse(seconds) {
  const at = UNITS.findIndex(([size]) => seconds >= size);
  const [size, unit] = UNITS[at] ?? [60, "min"];
  const [below, smaller] = UNITS[at + 1] ?? [1, "s"];
  const whole = Math.floor(seconds / size);
  const rest = Math.floor((seconds - whole * size) / below);
  return rest && whole < 100 ? `${whole} ${unit} ${rest} ${smaller}` : `${whole} ${unit}`;
}

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

/**
 * Milliseconds of "90s", "15min", "2h", "1.5d", "1w"; null for anything else.
 *
 * @param {string} text
 */
export function parseDuration(text) {
  const found = /^(\d+(?:\.\d+)?)(s|m|min|h|d|w)$/.exec(text.trim());
  const size = { s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  return found ? Number(found[1]) * size[/** @type {"s"} */ (found[2])] : null;
}
