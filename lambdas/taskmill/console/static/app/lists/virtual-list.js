// A list of any length with few rows in the document; rows are of one height.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useScrollMemory } from "../scrolls.js";
import { windowOf } from "./window.js";

/**
 * @typedef {object} Props
 * @property {number} count
 * @property {(index: number) => any} render What a row holds; its element is made here.
 * @property {string} label
 * @property {string} [name] By which its scroll position is remembered; one per page.
 * @property {number} [rowHeight] Pixels.
 * @property {(first: number, last: number) => void} [onRange] Which rows are in view.
 * @property {number} [cursor] The row that keys act on; scrolled to when it changes.
 * @property {any} [head] Above the rows, stays in place.
 * @property {any} [foot] Below the last row.
 * @property {(index: number) => Record<string, any>} [attributes] Of a row's element.
 * @property {unknown} [memory] The scroll position is restored again when this changes.
 */

/** @param {Props} props */
export function VirtualList(props) {
  const { count, render, label, rowHeight = 34, head, foot, attributes, cursor = -1 } = props;
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const { first, last, shift, height, reveal } = useWindow(scroller, count, rowHeight);
  useScrollMemory(scroller, props.name ?? "list", props.memory);
  useEffect(() => props.onRange?.(first, last), [first, last, count, props.onRange]);
  useLayoutEffect(() => {
    if (cursor >= 0) reveal(cursor);
  }, [cursor]);
  const shown = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  return html`<div class="list" ref=${scroller} role="grid" aria-label=${label} aria-rowcount=${count + 1}>
    ${head}
    <div class="list-rows" role="rowgroup" style=${{ height: `${height}px` }}>
      ${shown.map(
        (index) =>
          html`<div
            key=${index}
            class="list-row"
            role="row"
            aria-rowindex=${index + 2}
            style=${{ transform: `translateY(${index * rowHeight - shift}px)`, height: `${rowHeight}px` }}
            ...${attributes?.(index)}
          >
            ${render(index)}
          </div>`,
      )}
    </div>
    ${foot}
  </div>`;
}

/**
 * Which rows are in view, followed while the element is scrolled and resized.
 *
 * @param {{current: HTMLElement | null}} scroller
 * @param {number} count
 * @param {number} rowHeight
 */
function useWindow(scroller, count, rowHeight) {
  const [view, setView] = useState({ top: 0, height: 600 });
  const seen = windowOf({ count, rowHeight, ...view });
  const before = useRef(seen);
  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (scroller.current);
    const rows = /** @type {HTMLElement} */ (element.querySelector(".list-rows"));
    const follow = () =>
      setView({ top: element.scrollTop, height: element.clientHeight - rows.offsetTop });
    const resized = new ResizeObserver(follow);
    resized.observe(element);
    element.addEventListener("scroll", follow, { passive: true });
    follow();
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", follow);
    };
  }, []);
  useLayoutEffect(() => {
    const { scale, offset } = before.current;
    before.current = seen;
    // More rows: another scale. The rows in view stay where they are.
    if (scroller.current && scale !== seen.scale && view.top) scroller.current.scrollTop = offset / seen.scale;
  });
  const reveal = (/** @type {number} */ index) => {
    const [above, below] = [index * rowHeight, (index + 1) * rowHeight - view.height];
    if (!scroller.current) return;
    if (above < seen.offset) scroller.current.scrollTop = above / seen.scale;
    else if (below > seen.offset) scroller.current.scrollTop = Math.ceil(below / seen.scale);
  };
  return { ...seen, reveal };
}
