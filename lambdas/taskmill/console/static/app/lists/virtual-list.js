// A list of any length with few rows in the document; rows are of one height.
import {
  Virtualizer,
  elementScroll,
  observeElementOffset,
  observeElementRect,
} from "../../vendor/virtual-core.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useScrollMemory } from "../scrolls.js";

/** Higher elements are cut by browsers (Firefox: 17.8 million pixels): from here on, it is scaled. */
const MOST_PIXELS = 8_000_000;

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
  const { count, render, label, rowHeight = 34, head, foot, attributes } = props;
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const { virtualizer, shift, height } = useVirtualizer(props, scroller, rowHeight);
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? -1];
  useScrollMemory(scroller, props.name ?? "list", props.memory);
  useEffect(() => props.onRange?.(first, last), [first, last, count, props.onRange]);
  useEffect(() => {
    if (props.cursor !== undefined && props.cursor >= 0)
      virtualizer.scrollToIndex(props.cursor, { align: "auto" });
  }, [props.cursor]);
  return html`<div class="list" ref=${scroller} role="grid" aria-label=${label} aria-rowcount=${count + 1}>
    ${head}
    <div class="list-rows" role="rowgroup" style=${{ height: `${height}px` }}>
      ${items.map(
        ({ index, start }) =>
          html`<div
            key=${index}
            class="list-row"
            role="row"
            aria-rowindex=${index + 2}
            style=${{ transform: `translateY(${start - shift}px)`, height: `${rowHeight}px` }}
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
 * virtual-core with a scaled height: `shift` is what the rows' places are less than they say.
 *
 * @param {Props} props
 * @param {{current: HTMLElement | null}} scroller
 * @param {number} rowHeight
 */
function useVirtualizer({ count }, scroller, rowHeight) {
  const [, redraw] = useState(0);
  const full = count * rowHeight;
  const height = Math.min(full, MOST_PIXELS);
  const scale = () => {
    const view = scroller.current?.clientHeight ?? 0;
    return full > height ? (full - view) / Math.max(1, height - view) : 1;
  };
  /** @type {any} */
  const options = {
    count,
    overscan: 8,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset: (/** @type {any} */ instance, /** @type {any} */ told) =>
      observeElementOffset(instance, (offset, scrolling) => told(offset * scale(), scrolling)),
    scrollToFn: (/** @type {number} */ offset, /** @type {any} */ how, /** @type {any} */ instance) =>
      elementScroll(offset / scale(), how, instance),
    onChange: () => redraw((n) => n + 1),
    initialRect: { width: 800, height: 600 },
  };
  const held = useRef(/** @type {any} */ (null));
  held.current ??= new Virtualizer(options);
  /** @type {Virtualizer<any, any>} */
  const virtualizer = held.current;
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  const offset = virtualizer.scrollOffset ?? 0;
  return { virtualizer, height, shift: offset - offset / scale() };
}
