// A task's life as segments of waiting and running, from its history or, without one, from its times.

/**
 * @typedef {{status: string, at: string, attempt: number, by?: string|null}} HistoryEntry
 * @typedef {{status: string, createdAt?: string|null, startedAt?: string|null, finishedAt?: string|null,
 *   runAt?: string|null, run?: number, attempts?: number, history?: HistoryEntry[],
 *   attributes?: Record<string, any>}} Timed
 * @typedef {'scheduled'|'parked'|'queued'|'retry'|'run'|'children'|'idle'} SegmentKind
 * @typedef {{kind: SegmentKind, from: number, to: number, attempt: number, run: number, open: boolean,
 *   outcome: ''|'failed'|'completed'|'cancelled'|'suspended', error: string}} Segment
 * @typedef {{start: number, end: number, segments: Segment[], totals: Totals}} Waterfall
 * @typedef {{total: number, waiting: number, running: number, children: number,
 *   waitingShare: number, runningShare: number, childrenShare: number}} Totals
 */

/** @type {Record<string, SegmentKind>} */
const KIND = {
  CREATED: "queued",
  SCHEDULED: "scheduled",
  PARKED: "parked",
  QUEUED: "queued",
  STARTED: "run",
  PROCESSING: "run",
  FINISHED: "run",
  WAITING: "children",
  ERRORED: "retry",
  COMPLETED: "idle",
  FAILED: "idle",
  CANCELLED: "idle",
};
const FINAL = new Set(["COMPLETED", "FAILED", "CANCELLED"]);
/** @type {Record<string, Segment['outcome']>} */
const OUTCOME = {
  ERRORED: "failed",
  FAILED: "failed",
  COMPLETED: "completed",
  FINISHED: "completed",
  CANCELLED: "cancelled",
  WAITING: "suspended",
};
/** Words of the kinds, for legends and for screen readers. @type {Record<SegmentKind, string>} */
export const WORDS = {
  scheduled: "scheduled",
  parked: "held back by a limit or a pause",
  queued: "queued",
  retry: "waiting for its retry",
  run: "running",
  children: "waiting for children",
  idle: "ended",
};

/** @param {string|null|undefined} at */
const ms = (at) => (at ? Date.parse(at) : NaN);

/**
 * The waterfall of a task; times in epoch ms.
 * @param {Timed} task
 * @param {number} now Where what has not ended yet goes to.
 * @returns {Waterfall}
 */
export function waterfall(task, now) {
  const moves = movesOf(task);
  const segments = ofMoves(task, moves, now);
  const start = segments.length ? segments[0].from : ms(task.createdAt) || now;
  const end = segments.reduce((latest, each) => Math.max(latest, each.to), start);
  return { start, end, segments, totals: totalsOf(segments) };
}

/** The history; for a task in a list, which has none, as far as its times tell it.
 * @param {Timed} task @returns {HistoryEntry[]} */
function movesOf(task) {
  if (task.history?.length) return task.history;
  const attempt = task.attempts ?? 0;
  /** @type {[string, string|null|undefined, number][]} */
  const known = [
    ["CREATED", task.createdAt, 0],
    ["STARTED", task.startedAt, attempt],
    [task.status, task.finishedAt, attempt],
  ];
  const moves = known
    .filter(([, at]) => at)
    .map(([status, at, n]) => ({ status, at: String(at), attempt: n }));
  const last = moves[moves.length - 1];
  if (last && !FINAL.has(task.status) && last.status !== task.status) {
    // what it is in since its last known time: waiting for a retry, or for children
    moves[moves.length - 1] = { ...last, status: task.status };
  }
  return moves;
}

/** @param {Timed} task @param {HistoryEntry[]} moves @param {number} now @returns {Segment[]} */
function ofMoves(task, moves, now) {
  /** @type {Segment[]} */
  const segments = [];
  let run = Math.max(
    1,
    (task.run ?? 1) - moves.filter((each, at) => at && each.status === "CREATED").length,
  );
  moves.forEach((move, at) => {
    const next = moves[at + 1];
    if (at && move.status === "CREATED") run += 1;
    const kind = KIND[move.status] ?? "run";
    if (kind === "idle" && !next) return;
    const from = ms(move.at);
    const to = Math.max(from, next ? ms(next.at) : now);
    const before = segments[segments.length - 1];
    const outcome = (next && kind === "run" && OUTCOME[next.status]) || "";
    if (
      before &&
      before.kind === kind &&
      before.attempt === attemptOf(kind, move) &&
      before.run === run
    ) {
      Object.assign(before, { to, open: !next, outcome: outcome || before.outcome });
    } else {
      segments.push({
        kind,
        from,
        to,
        attempt: attemptOf(kind, move),
        run,
        open: !next,
        outcome,
        error: "",
      });
    }
  });
  nameError(task, segments);
  return segments;
}

/** @param {SegmentKind} kind @param {HistoryEntry} move */
const attemptOf = (kind, move) => (kind === "run" ? move.attempt : 0);

/** A row keeps the error of the last attempt that raised one. @param {Timed} task @param {Segment[]} segments */
function nameError(task, segments) {
  const error = task.attributes?.error;
  const failed = segments.filter((each) => each.outcome === "failed").pop();
  if (failed && error?.type) failed.error = `${error.type}: ${error.message ?? ""}`;
}

/** Sums in ms, and shares of the total from 0 to 1. @param {Segment[]} segments @returns {Totals} */
export function totalsOf(segments) {
  /** @param {SegmentKind[]} kinds */
  const sum = (...kinds) =>
    segments.reduce((all, each) => all + (kinds.includes(each.kind) ? each.to - each.from : 0), 0);
  const [waiting, running, children] = [
    sum("scheduled", "parked", "queued", "retry"),
    sum("run"),
    sum("children"),
  ];
  const total = waiting + running + children;
  /** @param {number} part */
  const share = (part) => (total ? part / total : 0);
  return {
    total,
    waiting,
    running,
    children,
    waitingShare: share(waiting),
    runningShare: share(running),
    childrenShare: share(children),
  };
}

/** Round times for a ruler: at most `most` steps of 1, 2 or 5 in a unit that people use.
 * @param {number} span ms @param {number} [most] @returns {number[]} ms from the start */
export function ticks(span, most = 5) {
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5,
    18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6, 7776e6,
  ];
  const step = steps.find((each) => span / each <= most) ?? 31536e6;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, at) => at * step);
}
