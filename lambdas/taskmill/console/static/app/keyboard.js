// Keys: single ones, and sequences such as "g t". Ignored while something is typed or a dialog is open.
import { signal, useLayoutEffect } from "./lib.js";

/**
 * @typedef {object} Shortcut
 * @property {string} keys "j", "?", "g t", "mod+k" (⌘ or Ctrl).
 * @property {string} label What it does, for the list that `?` opens.
 * @property {() => void} run
 * @property {string} [group]
 */

/** @type {import("../vendor/signals-core.js").Signal<Shortcut[]>} The latest come first. */
export const shortcuts = signal(/** @type {Shortcut[]} */ ([]));

let prefix = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let forget;

/**
 * Keys that work while the component is shown.
 *
 * @param {Shortcut[]} given
 * @param {unknown[]} inputs As of `useEffect`; keys work as soon as the component is drawn.
 */
export function useShortcuts(given, inputs) {
  useLayoutEffect(() => {
    shortcuts.value = [...given, ...shortcuts.peek()];
    return () => {
      shortcuts.value = shortcuts.peek().filter((each) => !given.includes(each));
    };
  }, inputs);
}

/** Start; called once. */
export function start() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const pressed = nameOf(event);
    if (!pressed) return;
    const isCommand = pressed.startsWith("mod+");
    if (!isCommand && (isBusy(event) || isPress(event))) return;
    const wanted = prefix ? `${prefix} ${pressed}` : pressed;
    const found = shortcuts.peek().find(({ keys }) => keys === wanted);
    remember(!found && pressed === "g" ? "g" : "");
    if (!found || (isCommand && document.querySelector("dialog[open]"))) return;
    event.preventDefault();
    found.run();
  });
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
  if (event.altKey) return "";
  const key = event.key.length === 1 ? event.key : event.key;
  if (event.metaKey || event.ctrlKey) return `mod+${key.toLowerCase()}`;
  return key;
}

/** @param {KeyboardEvent} event */
function isBusy(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return Boolean(
    target.closest?.("input, textarea, select, [contenteditable], [role=menu]") ||
      document.querySelector("dialog[open]"),
  );
}

/** Whether the key presses what has the focus: that is its own. @param {KeyboardEvent} event */
function isPress(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return /^(Enter| )$/.test(event.key) && Boolean(target.closest?.("a, button, summary"));
}

/** @param {string} value */
function remember(value) {
  prefix = value;
  clearTimeout(forget);
  forget = setTimeout(() => {
    prefix = "";
  }, 1200);
}
