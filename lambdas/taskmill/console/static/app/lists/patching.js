// Keeps the rows in view up to date: unfinished ones are looked up when the beacon tells of a change.
import { useEffect } from "../lib.js";
import { of, post } from "../api/client.js";
import { beats, held } from "../api/live.js";
import { has } from "../session.js";
import { isFinal } from "../statuses.js";

const MOST = 100; // keys per lookup

/**
 * @param {import("./paged-rows.js").PagedRows} rows
 * @param {{current: [number, number]}} range The rows in view.
 * @param {string} tenant
 */
export function usePatches(rows, range, tenant) {
  const beat = beats.value;
  const free = held.value === 0;
  useEffect(() => {
    if (beat && free && rows.count) void patch(rows, range.current, tenant);
  }, [beat, free, rows]);
}

/**
 * @param {import("./paged-rows.js").PagedRows} rows
 * @param {[number, number]} range
 * @param {string} tenant
 */
async function patch(rows, [first, last], tenant) {
  const open = [];
  for (let index = first; index <= last && open.length < MOST; index += 1) {
    const row = rows.row(index);
    if (row && !isFinal(row.status)) open.push(row);
  }
  if (!open.length) return;
  const found = has("lookup") ? await lookedUp(open, tenant) : null;
  if (found === null) {
    const page = rows.pageOf(first);
    if (page && !page.asked) await rows.again(page);
  } else if (found.length && held.peek() === 0) rows.patch(found);
}

/**
 * Those of the rows that have changed; null where the route is not to be had.
 *
 * @param {any[]} open
 * @param {string} tenant
 * @returns {Promise<any[] | null>}
 */
async function lookedUp(open, tenant) {
  try {
    const answer = await post(of(tenant, "lookup"), {
      keys: open.map(({ pk, sk }) => ({ pk, sk })),
      fields: "summary",
      versions: open.map(({ version }) => version ?? null),
    });
    return answer.items;
  } catch {
    return null; // an older API, or a console that only forwards reads
  }
}
