// Scroll positions by entry of the history: "back" finds the page where it was left.
import { useLayoutEffect } from "./lib.js";
import { entry } from "./router.js";

/** @type {Map<string, number>} */
const positions = new Map();

/**
 * Remember the scroll position of an element, and restore it when its history entry is shown again.
 *
 * @param {{current: HTMLElement | null}} ref
 * @param {string} name Which element of the page.
 * @param {unknown} [ready] The position is restored again when this changes.
 */
export function useScrollMemory(ref, name, ready) {
  const id = `${entry.value}:${name}`;
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    element.scrollTop = positions.get(id) ?? 0;
    const remember = () => positions.set(id, element.scrollTop);
    element.addEventListener("scroll", remember, { passive: true });
    return () => element.removeEventListener("scroll", remember);
  }, [id, ready]);
}
