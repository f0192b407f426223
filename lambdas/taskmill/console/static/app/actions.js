// What buttons do to tasks: one at a time here; many at once by the bulk dialog.
import { signal } from "./lib.js";
import { hurry } from "./api/live.js";
import { of, post } from "./api/client.js";
import { toast } from "./parts/toasts.js";
import { route } from "./router.js";

/**
 * @typedef {object} Bulk What the bulk dialog is asked to do; one of `keys` and `filter`.
 * @property {"retry" | "cancel"} action
 * @property {{pk: string, sk: string}[]} [keys]
 * @property {{type?: string, status?: string[], fingerprint?: string, createdAfter?: string,
 *   createdBefore?: string}} [filter]
 * @property {string} [what] In words, such as "failed tasks of type invoice".
 */

/** @type {import("../vendor/signals-core.js").Signal<Bulk | null>} Set to open the dialog. */
export const bulk = signal(/** @type {Bulk | null} */ (null));

/**
 * The path of a task below its tenant.
 *
 * @param {{kind?: string, type: string, code: string}} task
 * @param {...(string | number)} more
 */
export function taskPath({ kind, type, code }, ...more) {
  const folder = kind === "SFN_TASK" || kind === "SUBTASK" ? "step-function-tasks" : "tasks";
  return of(route.peek().tenant, folder, type, code, ...more);
}

/**
 * Retry or cancel one task, and say what came of it.
 *
 * @param {"retry" | "cancel"} action
 * @param {{kind?: string, type: string, code: string}} task
 * @returns {Promise<any>} The task afterwards; undefined if the API refused.
 */
export async function act(action, task) {
  try {
    const after = await post(taskPath(task, action));
    toast(`${action === "retry" ? "Retried" : "Cancelled"} ${task.type} ${task.code}`, {
      kind: "success",
    });
    hurry();
    return after;
  } catch (error) {
    toast(/** @type {Error} */ (error).message, { kind: "error" });
    return undefined;
  }
}
