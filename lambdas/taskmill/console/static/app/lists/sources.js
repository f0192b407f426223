// Where the rows of a list come from: the route for what its filter asks.
import { get, of } from "../api/client.js";
import { PagedRows } from "./paged-rows.js";

const ROWS = 50;
const LISTS = 6;

/** @typedef {{rows: PagedRows, total: number | null, at: number}} List */

/** @type {Map<string, List>} The latest lists, so that "back" shows one where it was left. */
const lists = new Map();

/**
 * The list of this filter; one that was shown before is handed out again.
 *
 * @param {string} tenant
 * @param {"tasks" | "step-function-tasks"} folder
 * @param {string} q As the address has it.
 * @param {(at: number) => import("../filter.js").Wanted} wanted
 * @returns {List}
 */
export function listOf(tenant, folder, q, wanted) {
  const id = [tenant, folder, q].join("\n");
  const found = lists.get(id) ?? newList(tenant, folder, wanted);
  lists.delete(id);
  lists.set(id, found);
  if (lists.size > LISTS) lists.delete([...lists.keys()][0] ?? "");
  return found;
}

/**
 * @param {string} tenant
 * @param {string} folder
 * @param {(at: number) => import("../filter.js").Wanted} wanted
 * @returns {List}
 */
function newList(tenant, folder, wanted) {
  /** @type {List} */
  const list = { total: null, at: Date.now(), rows: new PagedRows(read) };
  /**
   * @param {string | null} cursor
   * @param {AbortSignal} signal
   */
  async function read(cursor, signal) {
    if (!cursor) list.at = Date.now(); // ages are counted from the first page
    return readRows(tenant, folder, wanted(list.at), cursor, signal, { fields: "summary", limit: ROWS });
  }
  return list;
}

/**
 * A page of the rows that match.
 *
 * @param {string} tenant
 * @param {string} folder
 * @param {import("../filter.js").Wanted} asked
 * @param {string | null} cursor
 * @param {AbortSignal} signal
 * @param {{limit: number, fields?: "summary"}} how fields: all of them by default.
 * @returns {Promise<import("./paged-rows.js").Answer>}
 */
export async function readRows(tenant, folder, asked, cursor, signal, { limit, fields }) {
  if (asked.error) return failures(tenant, asked, cursor, signal, limit);
  return get(of(tenant, folder), {
    signal,
    query: {
      type: asked.type,
      status: asked.status?.join(","),
      createdAfter: asked.createdAfter,
      createdBefore: asked.createdBefore,
      codePrefix: asked.codePrefix,
      fields,
      order: "desc",
      limit,
      cursor,
    },
  });
}

/** @param {string} [text] */
export function isFingerprint(text) {
  return /^[0-9a-f]{12}$/.test(text ?? "");
}

/**
 * Failed tasks by their error; a word of it is looked for in what the page has read.
 *
 * @param {string} tenant
 * @param {import("../filter.js").Wanted} asked
 * @param {string | null} cursor
 * @param {AbortSignal} signal
 * @param {number} limit
 */
async function failures(tenant, { type, error = "" }, cursor, signal, limit) {
  const fingerprint = isFingerprint(error) ? error : undefined;
  const answer = await get(of(tenant, "failures"), {
    signal,
    query: { type, fingerprint, limit, cursor },
  });
  const fits = (/** @type {any} */ each) =>
    fingerprint || String(each.errorText ?? "").toLowerCase().includes(error.toLowerCase());
  return { cursor: answer.cursor, items: answer.items.filter(fits).map(asRow) };
}

/** @param {any} failure */
function asRow(failure) {
  const kind = String(failure.pk).split("#")[0];
  return { status: "FAILED", kind, finishedAt: failure.updatedAt, ...failure };
}
