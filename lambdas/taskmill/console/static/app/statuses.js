// The statuses of a task: order, words and groups, as in `model/statuses.py`.

/** In the order of a task's life. */
export const STATUSES = /** @type {const} */ ([
  "CREATED",
  "SCHEDULED",
  "PARKED",
  "QUEUED",
  "STARTED",
  "PROCESSING",
  "WAITING",
  "FINISHED",
  "ERRORED",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
]);

export const FINAL = new Set(["COMPLETED", "FAILED", "CANCELLED"]);
export const RETRYABLE = new Set(["FAILED", "CANCELLED"]);

/**
 * Whether a task can be retried: it has not completed, or not all of its subtasks have.
 * @param {{status: string, attributes?: Record<string, any>}} task
 */
export const mayBeRetried = ({ status, attributes }) => {
  const { failed = 0, cancelled = 0 } = attributes?.counts ?? {};
  return RETRYABLE.has(status) || (status === "COMPLETED" && Number(failed) + Number(cancelled) > 0);
};

/** @type {Record<string, string>} What a status means, in a sentence. */
export const MEANINGS = {
  CREATED: "Stored, not yet sent to a queue",
  SCHEDULED: "Waits for its time",
  PARKED: "Held back by a limit, or paused",
  QUEUED: "Waits in the queue for a worker",
  STARTED: "A worker has taken it",
  PROCESSING: "Runs and reports progress",
  WAITING: "Waits for its children",
  FINISHED: "Has run; its result is being stored",
  ERRORED: "An attempt failed; another follows",
  COMPLETED: "Ended with a result",
  FAILED: "Ended with an error",
  CANCELLED: "Ended because it was cancelled",
};

/** @param {string} status */
export function isFinal(status) {
  return FINAL.has(status);
}

/** @param {string} status For a sentence or a filter: lower case. */
export function word(status) {
  return status.toLowerCase();
}

/** @param {Record<string, number>} counts Of a type: how many tasks have not ended. */
export function open(counts) {
  return Object.entries(counts).reduce((sum, [status, n]) => sum + (isFinal(status) ? 0 : +n), 0);
}
