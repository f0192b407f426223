// Numbers as people read them.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** @param {any} value */
export function whole(value) {
  return value === null || value === undefined ? "–" : WHOLE.format(Number(value));
}

/**
 * 18, 950, 12.3K, 1M: for places without room.
 *
 * @param {any} value
 */
export function short(value) {
  return Number(value) < 10_000 ? whole(value) : SHORT.format(Number(value));
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/**
 * Dollars, also very few of them: "$0.0000015".
 *
 * @param {number} value
 */
export function dollars(value) {
  if (!value) return "$0";
  const digits = value >= 0.01 ? 2 : Math.min(12, 1 - Math.floor(Math.log10(value)));
  return `$${value.toFixed(digits)}`;
}
