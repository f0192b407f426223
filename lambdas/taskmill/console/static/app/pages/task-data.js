// What the pages of tasks read and change: paths, keys, and the actions on a task.
import { act as actOn } from "../actions.js";
import { get, of } from "../api/client.js";
import { paused } from "../api/live.js";
import { queries, useQuery } from "../api/queries.js";
import { route, taskHref } from "../router.js";
import { isFinal } from "../statuses.js";
import { partsOf } from "../models/tree.js";
import { reread } from "../widgets/short.js";

const POLL = 3_000; // ms; a task that has not ended is read again, the beacon may lag a minute

/** @typedef {{kind?: string, type: string, code: string, index?: number | null}} Key */

/**
 * The path of a task, a fan-out or a subtask below the tenant in view.
 *
 * @param {Key} key
 * @param {...(string | number)} more
 */
export function pathOf({ kind, type, code, index }, ...more) {
  const own = (index ?? null) === null ? [] : ["subtasks", Number(index)];
  return of(route.value.tenant, kind === "TASK" ? "tasks" : "step-function-tasks", type, code, ...own, ...more);
}

/** @param {Key} key */
const queryKey = (key) => [route.value.tenant, "task", pathOf(key)];

/** A task, read again until it has ended. @param {Key} key */
export function useTask(key) {
  const known = /** @type {any} */ (queries.getQueryData(queryKey(key)));
  const open = !known || !isFinal(known.status);
  return useQuery(queryKey(key), ({ signal }) => get(pathOf(key), { signal }), { live: open, ...(open && !paused.value ? { every: POLL } : {}) });
}

/**
 * Retry or cancel; the page shows the new status at once. A refusal is said in the API's own words.
 *
 * @param {"retry" | "cancel"} action
 * @param {Key} key
 */
export async function act(action, key) {
  const task = await actOn(action, key);
  if (task?.pk) queries.setQueryData(queryKey(key), task);
  await reread();
}

/** The address of the task that a text names, as rows do: `TASK#acme/type#code`. @param {string} id */
export const hrefOfId = (id) => taskHref(/** @type {any} */ (partsOf(id)));
