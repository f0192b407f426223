// Who looks, at which stack, and what they may do.
import { computed, signal } from "./lib.js";

/**
 * @typedef {object} Console What the server that serves the page tells of itself.
 * @property {string | null} [profile]
 * @property {string | null} [tenant] The tenant to begin with.
 * @property {string} [url] The API behind `/v1`.
 * @property {string | null} [environment] "prod" makes a red bar.
 * @property {boolean} [readOnly]
 * @property {boolean} [demo]
 * @property {boolean} [logs] Whether it can read logs.
 * @property {string} [version]
 * @property {import("./signin.js").SignIn} [signIn] How people sign in to a hosted console.
 * @property {string} [apiBase] Where the API is; "/v1" if absent.
 *
 * @typedef {object} WhoAmI
 * @property {string} [user]
 * @property {string[] | null} [tenants] null: any.
 * @property {boolean | null} [mayWrite] null: the API cannot know; it is probed.
 * @property {boolean | null} [mayReveal]
 * @property {string[]} [features]
 * @property {string} [version]
 * @property {{name?: string, environment?: string | null, region?: string}} [stack]
 * @property {number} [dollarsPerReadUnit]
 */

/** @template T @typedef {import("../vendor/signals-core.js").Signal<T>} Signal */

const KEY = "taskmill.key";

/** @type {Signal<Console>} */
export const consoleInfo = signal({});

/** @type {Signal<WhoAmI | null>} null: the API has no such route, or it has not answered yet. */
export const whoami = signal(/** @type {WhoAmI | null} */ (null));

/** @type {Signal<string[] | null>} Tenants to choose from; null: not known. */
export const tenants = signal(/** @type {string[] | null} */ (null));

/** Whether buttons are shown that change something. */
export const mayWrite = signal(false);

/** @type {Signal<string | null>} A token of the hosted console's sign-in. */
export const token = signal(/** @type {string | null} */ (null));

export const environment = computed(
  () => whoami.value?.stack?.environment ?? consoleInfo.value.environment ?? null,
);

export const isProduction = computed(() => /^prod/i.test(environment.value ?? ""));

/**
 * Whether the API has a group of routes; true while it is not known which it has.
 *
 * @param {string} feature
 */
export function has(feature) {
  const features = whoami.value?.features;
  return features ? features.includes(feature) : true;
}

/** Take the key out of the address (`#k=KEY/acme/tasks`) and keep it for this tab. */
export function takeKey() {
  const found = /^#k=([^/&]*)&?(\/.*)?$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(KEY, decodeURIComponent(found[1] ?? ""));
  history.replaceState(null, "", found[2] ? `#${found[2]}` : location.pathname + location.search);
}

/**
 * The headers that identify this tab.
 *
 * @returns {Record<string, string>}
 */
export function identity() {
  const key = sessionStorage.getItem(KEY);
  return {
    ...(key ? { "x-taskmill-key": key } : {}),
    ...(token.peek() ? { authorization: `Bearer ${token.peek()}` } : {}),
  };
}
