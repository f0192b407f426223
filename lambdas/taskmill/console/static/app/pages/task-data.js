// What the pages of tasks read and change: paths, keys, and the actions on a task.
import { act as actOn } from "../actions.js";
import { get, of } from "../api/client.js";
import { paused } from "../api/live.js";
import { queries, useQuery } from "../api/queries.js";
import { route, taskHref } from "../router.js";
import { isFinal } from "../statuses.js";

const POLL = 3_000; // ms; a task that has not ended is read again, the beacon may lag a minute

/** @typedef {{kind?: string, type: string, code: string, index?: number | null}} Key */

/**
 * The path of a task, a fan-out or a subtask below the tenant in view.
 *
 * @param {Key} key
 * @param {...(string | number)} more
 */
export function pathOf({ kind, type, code, index }, ...more) {
  const isFan = kind !== "TASK" && (kind !== undefined || (index ?? null) !== null);
  const parts = (index ?? null) === null ? [] : ["subtasks", Number(index)];
  const folder = isFan ? "step-function-tasks" : "tasks";
  return of(route.value.tenant, folder, type, code, ...parts, ...more);
}

/** @param {Key} key */
export const queryKey = (key) => [route.value.tenant, "task", pathOf(key)];

/**
 * A task, read again until it has ended.
 *
 * @param {Key} key
 * @param {boolean} [enabled]
 */
export function useTask(key, enabled = true) {
  const known = queries.getQueryData(queryKey(key));
  const open = !known || !isFinal(/** @type {any} */ (known).status);
  return useQuery(queryKey(key), ({ signal }) => get(pathOf(key), { signal }), {
    live: open,
    enabled,
    keep: false,
    ...(open && !paused.value ? { every: POLL } : {}),
  });
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
  await queries.invalidateQueries({
    predicate: (query) => query.queryKey[0] === route.value.tenant,
  });
}

/**
 * The address of the task that a text names, as rows do: `TASK#acme/type#code`.
 *
 * @param {string} id
 */
export function hrefOfId(id) {
  const { kind, type = "", code = "", index } = partsOf(id);
  return taskHref({ kind: kind ?? "TASK", type, code, index });
}

/** @param {string} id */
function partsOf(id) {
  const slash = id.indexOf("/");
  const [type, code, index] = id.slice(slash + 1).split("#");
  return {
    kind: id.split("#")[0],
    type,
    code,
    index: index === undefined ? null : Number(index),
  };
}
