// Live updates: a beacon (`GET /statistics` with its ETag), and nothing while the tab is hidden.
import { effect, signal } from "../lib.js";
import { has } from "../session.js";
import { of, request } from "./client.js";
import { ApiError } from "./errors.js";
import { queries, refreshLive } from "./queries.js";

/** Seconds between beacons: while things change, after 5 without a change, after 15. */
const PACE = [3, 10, 30];

/** Paused by the viewer: no beacon on focus or reconnect either. */
export const paused = signal(false);

/** When the data in view was last known to be right; epoch milliseconds. */
export const updatedAt = signal(0);

/** Counts the beacons that told of a change. */
export const beats = signal(0);

/** @type {import("../../vendor/signals-core.js").Signal<any>} Why the last beacon failed. */
export const trouble = signal(/** @type {any} */ (null));

/** How many menus, dialogs and selections ask that no row changes. */
export const held = signal(0);

let tenant = "";
let unchanged = 0;
/** @type {string | null} */
let etag = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Ask that lists stay as they are, until the function that is returned is called.
 *
 * @returns {() => void}
 */
export function hold() {
  held.value += 1;
  let released = false;
  return () => {
    if (!released) held.value -= 1;
    released = true;
  };
}

/** @param {string} name The tenant in view; the beacon begins anew. */
export function follow(name) {
  if (name === tenant) return;
  tenant = name;
  etag = null;
  unchanged = 0;
  schedule(0);
}

/** Ask now, such as after an action. */
export function hurry() {
  unchanged = 0;
  if (!paused.peek()) schedule(0);
}

/** Start; called once. */
export function start() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!paused.peek()) schedule(0);
  });
  effect(() => {
    if (paused.value) clearTimeout(timer);
    else schedule(0);
  });
}

/** @param {number} seconds */
function schedule(seconds) {
  clearTimeout(timer);
  timer = setTimeout(() => void beacon(), seconds * 1000);
}

async function beacon() {
  if (!tenant || paused.peek() || document.hidden) return;
  const asked = tenant;
  try {
    if (has("statistics")) await statistics(asked);
    else await beat();
    trouble.value = null;
  } catch (error) {
    if (error instanceof ApiError && (error.kind === "old" || error.status === 404)) await beat();
    else trouble.value = error;
    unchanged += 5;
  }
  if (asked === tenant && !paused.peek() && !document.hidden) schedule(pace());
}

/** @param {string} asked */
async function statistics(asked) {
  const answer = await request("GET", of(asked, "statistics"), { etag });
  if (asked !== tenant) return;
  updatedAt.value = Date.now();
  if (answer.status === 304) {
    unchanged += 1;
    return;
  }
  const before = queries.getQueryData(statisticsKey(asked));
  const same = JSON.stringify(before) === JSON.stringify(answer.data);
  etag = answer.etag;
  queries.setQueryData(statisticsKey(asked), answer.data);
  unchanged = same ? unchanged + 1 : 0;
  if (!same) await beat();
}

async function beat() {
  beats.value += 1;
  updatedAt.value = Date.now();
  await refreshLive();
}

function pace() {
  if (!has("statistics")) return PACE[1] ?? 10;
  return (unchanged < 5 ? PACE[0] : unchanged < 15 ? PACE[1] : PACE[2]) ?? 3;
}

/** @param {string} name Of the tenant. */
export function statisticsKey(name) {
  return [name, "statistics"];
}
