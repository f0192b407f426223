// Which rows of a long list are in view, and where they stand.

/** Higher elements are cut by browsers (Firefox: 17.8 million pixels): from here on, it is scaled. */
export const MOST_PIXELS = 8_000_000;

const BESIDE = 6; // rows beyond each edge

/**
 * @param {{count: number, rowHeight: number, top: number, height: number}} view top: how far the
 *   element is scrolled; height: of the part in which rows are seen. Pixels.
 * @returns {{first: number, last: number, shift: number, height: number, scale: number,
 *   offset: number}} height: of the element with all rows; scale: pixels of rows per pixel that is
 *   scrolled; offset: pixels of rows above the view; shift: what a row stands higher than its index
 *   says.
 */
export function windowOf({ count, rowHeight, top, height: seen }) {
  const full = count * rowHeight;
  const height = Math.min(full, MOST_PIXELS);
  const scale = full > height ? (full - seen) / (height - seen) : 1;
  const offset = Math.max(0, Math.min(top * scale, full - seen));
  return {
    first: Math.max(0, Math.floor(offset / rowHeight) - BESIDE),
    last: Math.min(count - 1, Math.ceil((offset + seen) / rowHeight) + BESIDE),
    shift: scale === 1 ? 0 : offset - top,
    ...{ height, scale, offset },
  };
}
