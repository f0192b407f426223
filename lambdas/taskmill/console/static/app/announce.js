// What screen readers are told: politely, the latest only, at most every 10 s.
import { signal } from "./lib.js";

const EVERY = 10_000;

export const announced = signal("");

let last = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} text */
export function announce(text) {
  clearTimeout(timer);
  const wait = Math.max(0, last + EVERY - Date.now());
  timer = setTimeout(() => {
    last = Date.now();
    announced.value = text;
  }, wait);
}
