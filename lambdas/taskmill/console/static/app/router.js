// The address: `#/tenant/page/part/...?query`. All that a view shows follows from it.
import { computed, signal } from "./lib.js";

/**
 * @typedef {object} Route
 * @property {string} tenant "" where none is named.
 * @property {string} page "" is the overview.
 * @property {string[]} parts What follows the page, decoded.
 * @property {URLSearchParams} query
 */

const hash = signal(location.hash);

/** A number per entry of the history, by which scroll positions are remembered. */
export const entry = signal(entryOf());

export const route = computed(() => parse(hash.value));

/**
 * @param {string} text Such as "#/acme/tasks?q=status%3Afailed".
 * @returns {Route}
 */
export function parse(text) {
  const [path = "", query = ""] = text.replace(/^#/, "").split(/\?(.*)/s);
  const [tenant = "", name = "", ...rest] = path.split("/").slice(1).map(decoded);
  const { page, parts } = asPage(name, rest.filter(Boolean));
  return { tenant, page, parts, query: new URLSearchParams(query) };
}

/**
 * The page of a path; those of the API (`tasks/TYPE/CODE`), as `taskmill open` uses them, too.
 *
 * @param {string} name
 * @param {string[]} parts
 */
function asPage(name, parts) {
  const [type = "", code = "", , index] = parts;
  if (name === "tasks" && parts.length > 1) return { page: "task", parts: [type, code] };
  if (name !== "step-function-tasks") return { page: name, parts };
  if (parts.length < 2) return { page: "fan-outs", parts: [] };
  return { page: "fan-out", parts: index ? [type, code, index] : [type, code] };
}

/**
 * The address of a page of the tenant in view.
 *
 * @param {string} page
 * @param {(string | number)[]} [parts]
 * @param {Record<string, any>} [query] Left out: undefined, null, "".
 * @param {string} [tenant]
 */
export function href(page, parts = [], query = {}, tenant = route.value.tenant) {
  const path = [tenant, page, ...parts].map((each) => encodeURIComponent(String(each)));
  while (path.length > 1 && path.at(-1) === "") path.pop();
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.join("/")}${search && `?${search}`}`;
}

/**
 * The address of a task's page.
 *
 * @param {{kind?: string, type: string, code: string, index?: number | null}} task
 */
export function taskHref({ kind, type, code, index }) {
  const page = kind === "SFN_TASK" || kind === "SUBTASK" || (index ?? null) !== null ? "fan-out" : "task";
  return href(page, [type, code, ...((index ?? null) === null ? [] : [Number(index)])]);
}

/**
 * Go to an address.
 *
 * @param {string} target From `href`.
 * @param {{replace?: boolean}} [options] replace: the history gets no entry.
 */
export function go(target, { replace = false } = {}) {
  if (target === location.hash) return;
  if (replace) history.replaceState(history.state, "", target);
  else history.pushState(null, "", target);
  arrived();
}

/**
 * Change the query of the page in view.
 *
 * @param {Record<string, any>} changes null, undefined and "" remove.
 * @param {{replace?: boolean}} [options]
 */
export function setQuery(changes, options) {
  const { page, parts, query } = route.peek();
  go(href(page, parts, { ...Object.fromEntries(query), ...changes }), options);
}

/** Start; called once. */
export function start() {
  history.scrollRestoration = "manual";
  addEventListener("hashchange", arrived);
  addEventListener("popstate", arrived);
  arrived();
}

function arrived() {
  entry.value = entryOf();
  hash.value = location.hash;
}

function entryOf() {
  let id = history.state?.entry;
  if (!id) {
    id = Math.random().toString(36).slice(2);
    history.replaceState({ ...history.state, entry: id }, "");
  }
  return /** @type {string} */ (id);
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
