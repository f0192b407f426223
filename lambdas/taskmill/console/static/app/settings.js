// What a viewer has chosen, kept in this browser.
import { signal } from "./lib.js";

/**
 * A signal whose value survives a reload.
 *
 * @template T
 * @param {string} name
 * @param {T} initial
 * @returns {import("../vendor/signals-core.js").Signal<T>}
 */
export function setting(name, initial) {
  const key = `taskmill.${name}`;
  const kept = signal(restored(key, initial));
  kept.subscribe((value) => {
    try {
      localStorage.setItem(key, typeof value === "string" ? value : JSON.stringify(value));
    } catch {
      // No storage: kept until the reload.
    }
  });
  return kept;
}

/** @type {import("../vendor/signals-core.js").Signal<"system" | "light" | "dark">} */
export const theme = setting("theme", "system");
theme.subscribe(() => void dispatchEvent(new Event("taskmill:theme")));

/** Whether absolute times are shown in UTC. */
export const utc = setting("utc", /** @type {boolean} */ (false));

/**
 * @template T
 * @param {string} key
 * @param {T} initial
 * @returns {T}
 */
function restored(key, initial) {
  try {
    const text = localStorage.getItem(key);
    if (text === null) return initial;
    return /** @type {T} */ (typeof initial === "string" ? text : JSON.parse(text));
  } catch {
    return initial;
  }
}
