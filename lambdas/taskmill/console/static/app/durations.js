// Durations as people read and write them.

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
 * Milliseconds of "90s", "15min", "2h", "1.5d", "1w"; null for anything else.
 *
 * @param {string} text
 */
export function parseDuration(text) {
  const found = /^(\d+(?:\.\d+)?)(s|m|min|h|d|w)$/.exec(text.trim());
  const size = { s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  return found ? Number(found[1]) * size[/** @type {"s"} */ (found[2])] : null;
}
