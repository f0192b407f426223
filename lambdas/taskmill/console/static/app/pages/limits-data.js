// Limits in words, and grouped by their names: pure.
import { duration } from "../times.js";
import { whole } from "../numbers.js";

/**
 * @typedef {import("../api/types.d.ts").LimitView} Limit
 * @typedef {{id: string, name: string, all: Limit | undefined, keys: Limit[]}} Group
 *   all: what holds without a key, or is set for every key; keys: who waits first.
 */

/**
 * Limits of one name and kind are a group.
 *
 * @param {Limit[]} limits
 * @returns {Group[]} In the order of the limits.
 */
export function groupsOf(limits) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const each of limits) {
    const id = `${each.kind} ${each.name}`;
    const group = groups.get(id) ?? { id, name: each.name, all: undefined, keys: [] };
    groups.set(id, group);
    if ((each.key ?? null) === null) group.all = each;
    else group.keys.push(each);
  }
  for (const { keys } of groups.values()) keys.sort(byNeed);
  return [...groups.values()];
}

/** Most waiting, waiting longest, latest start, most held first. @param {Limit} one @param {Limit} other */
function byNeed(one, other) {
  const late = (/** @type {Limit} */ each) => [each.nextStartAt, each.pausedUntil].map((at) => at ?? "").sort()[1] ?? "";
  return (
    Number(other.waiting ?? 0) - Number(one.waiting ?? 0) ||
    (one.oldestAt ?? "").localeCompare(other.oldestAt ?? "") ||
    late(other).localeCompare(late(one)) ||
    Number(other.held ?? 0) - Number(one.held ?? 0)
  );
}

/**
 * The group as one limit: figures are sums, the oldest is that of all keys.
 *
 * @param {Group} group
 * @returns {Limit}
 */
export function summed({ all, keys }) {
  const plain = all ?? keys.find(({ setAt }) => !setAt) ?? { ...keys[0], limit: null, rate: null, setAt: null };
  const sum = (/** @type {"held" | "waiting"} */ name) =>
    plain.kind === "rate" ? null : [all, ...keys].reduce((total, each) => total + Number(each?.[name] ?? 0), 0);
  const oldest = keys.map(({ oldestAt }) => oldestAt ?? "").filter(Boolean).sort()[0];
  const own = keys.length ? { nextStartAt: null, pausedUntil: null, oldestAt: oldest ?? all?.oldestAt ?? null } : {};
  return /** @type {Limit} */ ({ ...plain, key: null, held: sum("held"), waiting: sum("waiting"), ...own });
}

/**
 * Whether a limit is set for itself, not for every key of its name.
 *
 * @param {Limit} limit
 * @param {Limit | undefined} all
 */
export const isOwn = (limit, all) =>
  Boolean(limit.setAt) && (limit === all || (limit.key ?? null) === null || limit.setAt !== all?.setAt || limit.setBy !== all?.setBy);

/** @type {Record<number, string>} */
const SPANS = { 1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day" };

/**
 * "3 at a time", "100 a second, burst 20"; "" where nothing is known of it.
 *
 * @param {Record<string, any>} limit
 */
export function wordsOf({ kind, limit, rate, perSeconds, burst }) {
  if (kind === "concurrency") return (limit ?? null) === null ? "" : `${whole(limit)} at a time`;
  if ((rate ?? null) === null) return "";
  const span = SPANS[Number(perSeconds)] ?? `in ${duration(Number(perSeconds) * 1000)}`;
  return `${whole(rate)} ${span}${(burst ?? rate) === rate ? "" : `, burst ${whole(burst)}`}`;
}

/**
 * What follows from setting it, in a sentence.
 *
 * @param {Partial<Limit>} now
 * @param {any} wanted Tasks at a time; undefined: a rate.
 */
export function effectOf({ kind, limit, held }, wanted) {
  if (kind === "rate") return "Workers heed it within 10 seconds; starts that were granted before stand.";
  if (wanted === undefined) return "";
  if (Number(wanted) === 0) return "Nothing begins until it is raised; what has a slot goes on.";
  if ((limit ?? null) === null || wanted > Number(limit)) return "Tasks that wait go on, as far as there is room.";
  if (wanted < Number(limit))
    return `No slot is taken away: ${whole(held ?? 0)} ${Number(held) === 1 ? "is" : "are"} held now, and none is given out until ${Number(wanted) === 1 ? "none is" : `fewer than ${whole(wanted)} are`}.`;
  return "";
}
