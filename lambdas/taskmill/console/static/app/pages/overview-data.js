// What the overview's charts show, computed of the API's buckets.

/** @typedef {import("../api/types.d.ts").Bucket} Bucket Of one type and one interval. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Series of throughput and latency; intervals in which nothing happened are 0, and none is missing.
 *
 * @param {Bucket[]} buckets
 * @param {{days: boolean, now: number}} options
 */
export function chartsOf(buckets, { days, now }) {
  const [step, count] = days ? [DAY, 30] : [HOUR, 48];
  const last = Math.floor(now / step) * step;
  const starts = Array.from({ length: count }, (_, at) => last - (count - 1 - at) * step);
  const groups = new Map(starts.map((start) => [start, /** @type {Bucket[]} */ ([])]));
  for (const bucket of buckets) groups.get(Math.floor(Date.parse(bucket.start) / step) * step)?.push(bucket);
  const sum = (/** @type {"created" | "completed" | "failed"} */ name) =>
    starts.map((start) => (groups.get(start) ?? []).reduce((all, each) => all + Number(each[name] ?? 0), 0));
  const spread = (/** @type {"wait" | "run"} */ name, /** @type {"p50" | "p95"} */ share) =>
    starts.map((start) => weighted(groups.get(start) ?? [], name, share));
  return {
    times: starts.map((start) => start / 1000),
    throughput: [
      { name: "created", color: "--c-created", values: sum("created"), dotted: true },
      { name: "completed", color: "--c-completed", values: sum("completed"), area: true },
      { name: "failed", color: "--c-failed", values: sum("failed"), area: true },
    ],
    latency: [
      { name: "waiting p50", color: "--c-wait-bar", values: spread("wait", "p50"), dotted: true },
      { name: "waiting p95", color: "--c-wait-bar", values: spread("wait", "p95") },
      { name: "running p50", color: "--c-run-bar", values: spread("run", "p50"), dotted: true },
      { name: "running p95", color: "--c-run-bar", values: spread("run", "p95") },
    ],
  };
}

/**
 * A percentile of several types: their own, weighted by how many tasks each had. null: of none.
 *
 * @param {Bucket[]} buckets
 * @param {"wait" | "run"} name
 * @param {"p50" | "p95"} share
 */
function weighted(buckets, name, share) {
  let [sum, count] = [0, 0];
  for (const bucket of buckets) {
    const told = bucket[name];
    const n = Number(told?.count ?? 0);
    if (!n || told?.[share] === null || told?.[share] === undefined) continue;
    sum += n * Number(told[share]);
    count += n;
  }
  return count ? sum / count : null;
}

/** @param {Bucket[]} buckets Of the whole period. */
export function summaryOf(buckets) {
  const sum = (/** @type {"completed" | "failed" | "cancelled"} */ name) =>
    buckets.reduce((all, each) => all + Number(each[name] ?? 0), 0);
  const failed = sum("failed");
  return {
    failed,
    ended: failed + sum("completed") + sum("cancelled"),
    waitP95: weighted(buckets, "wait", "p95"),
    runP95: weighted(buckets, "run", "p95"),
  };
}

/**
 * Types whose share of failures in the running interval, or in the one before it, is far above that
 * of the earlier ones: more than 3 standard deviations of a binomial, and at least 5 failures. The
 * one before counts, too, as the running one has just begun, now and then.
 *
 * @param {Bucket[]} buckets
 * @param {{days: boolean, now: number}} options
 * @returns {Set<string>}
 */
export function unusualTypes(buckets, { days, now }) {
  const step = days ? DAY : HOUR;
  /** @type {Map<string, {failed: number, ended: number}[]>} Of each type: earlier, before, running. */
  const types = new Map();
  for (const { start, type, failed, completed } of buckets) {
    const ago = Math.floor(now / step) - Math.floor(Date.parse(start) / step);
    const told = types.get(type) ?? [0, 1, 2].map(() => ({ failed: 0, ended: 0 }));
    const one = /** @type {{failed: number, ended: number}} */ (told[2 - Math.min(Math.max(ago, 0), 2)]);
    one.failed += Number(failed ?? 0);
    one.ended += Number(failed ?? 0) + Number(completed ?? 0);
    types.set(type, told);
  }
  return new Set([...types].filter(([, [earlier, ...recent]]) => recent.some((each) => isUnusual(earlier, each))).map(([type]) => type));
}

/** @param {any} earlier @param {{failed: number, ended: number}} recent */
function isUnusual(earlier, recent) {
  if (recent.failed < 5 || earlier.ended < 20) return false;
  const usual = Math.max(earlier.failed / earlier.ended, 0.01);
  return recent.failed / recent.ended > usual + 3 * Math.sqrt((usual * (1 - usual)) / recent.ended);
}
