// The batches of a fan-out as a grid, with words for those who do not see it.

/**
 * @typedef {{index: number, first: number, last: number, status: string, completed: number, failed: number,
 *   cancelled: number, startedAt?: string|null, finishedAt?: string|null}} Batch
 * @typedef {'waiting'|'open'|'done'|'some'|'failed'|'void'|'cancelled'} BatchState
 * @typedef {{columns: number, rows: number, cell: number, gap: number, width: number, height: number}} Grid
 */

/** @type {Record<BatchState, string>} */
export const STATE_WORDS = {
  waiting: "waiting",
  open: "running",
  done: "completed",
  some: "with failures",
  failed: "all failed",
  void: "given up",
  cancelled: "cancelled",
};
/** @type {BatchState[]} */
export const STATES = ["waiting", "open", "done", "some", "failed", "void", "cancelled"];

/** @param {Batch} batch */
export const sizeOf = (batch) => batch.last - batch.first + 1;

/** @param {Batch} batch @returns {BatchState} */
export function stateOf(batch) {
  if (batch.status === "VOID") return "void";
  if (batch.failed) return batch.failed >= sizeOf(batch) ? "failed" : "some";
  if (batch.status === "WAITING") return "waiting";
  if (batch.status === "OPEN") return "open";
  return batch.cancelled && !batch.completed ? "cancelled" : "done";
}

/**
 * The largest square cells with which so many batches fill a box, in CSS pixels.
 * @param {number} count @param {number} width @param {number} [height]
 * @returns {Grid}
 */
export function gridOf(count, width, height = 260) {
  const most = 22;
  let cell = most;
  while (cell > 3) {
    const columns = Math.max(1, Math.floor(width / cell));
    if (Math.ceil(count / columns) * cell <= height) break;
    cell -= cell > 10 ? 1 : 0.5;
  }
  const columns = Math.max(1, Math.min(Math.max(count, 1), Math.floor(width / cell)));
  const rows = Math.ceil(count / columns);
  return {
    columns,
    rows,
    cell,
    gap: cell > 8 ? 2 : cell > 4 ? 1 : 0.5,
    width: columns * cell,
    height: rows * cell,
  };
}

/** The position in the list of what is drawn at x, y; -1 if nothing is.
 * @param {Grid} grid @param {number} count @param {number} x @param {number} y */
export function hitOf(grid, count, x, y) {
  const column = Math.floor(x / grid.cell);
  const at = Math.floor(y / grid.cell) * grid.columns + column;
  return x >= 0 && y >= 0 && column < grid.columns && at < count ? at : -1;
}

/** How many batches are in each state. @param {Batch[]} batches @returns {Record<BatchState, number>} */
export function tally(batches) {
  const counts = /** @type {Record<BatchState, number>} */ (
    Object.fromEntries(STATES.map((each) => [each, 0]))
  );
  for (const batch of batches) counts[stateOf(batch)] += 1;
  return counts;
}

/** The grid in one sentence. @param {Batch[]} batches */
export function describe(batches) {
  const counts = tally(batches);
  const parts = STATES.filter((each) => counts[each]).map(
    (each) => `${counts[each].toLocaleString("en")} ${STATE_WORDS[each]}`,
  );
  const failing = batches.filter((each) => each.failed);
  const named = failing
    .slice(0, 5)
    .map((each) => `${each.index} (${each.failed} of ${sizeOf(each)})`);
  const rest = failing.length > 5 ? ` and ${(failing.length - 5).toLocaleString("en")} more` : "";
  const where = named.length ? ` Failures in batch ${named.join(", ")}${rest}.` : "";
  return `${batches.length.toLocaleString("en")} batches: ${parts.join(", ") || "none"}.${where}`;
}

/** One batch in one sentence. @param {Batch} batch */
export function describeOne(batch) {
  const counted = [
    ["completed", batch.completed],
    ["failed", batch.failed],
    ["cancelled", batch.cancelled],
  ]
    .filter(([, n]) => n)
    .map(([word, n]) => `${n} ${word}`);
  return (
    `Batch ${batch.index}: subtasks ${batch.first.toLocaleString("en")} to ${batch.last.toLocaleString("en")}, ` +
    [STATE_WORDS[stateOf(batch)], ...counted].join(", ")
  );
}

/**
 * How many failures a fan-out tolerates, and how many of them are left; null: it tolerates none.
 * @param {string|null|undefined} tolerated `10` or `5%`
 * @param {number} total @param {number} failed
 */
export function toleranceOf(tolerated, total, failed) {
  if (!tolerated) return null;
  const number = parseFloat(tolerated);
  const allowed = tolerated.endsWith("%") ? Math.floor((total * number) / 100 + 1e-9) : number;
  return Number.isFinite(allowed)
    ? { allowed, left: Math.max(0, allowed - failed), exceeded: failed > allowed }
    : null;
}
