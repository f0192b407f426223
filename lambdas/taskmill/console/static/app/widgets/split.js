// Two panes with an edge that can be dragged, or moved with the arrow keys.
import { html, useRef } from "../lib.js";
import { setting } from "../settings.js";

/** @type {Record<string, import("../../vendor/signals-core.js").Signal<number>>} */
const kept = {};

/** @param {{name: string, first: any, second: any}} props name: under which the share is kept. */
export function Split({ name, first, second }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const share = (kept[name] ??= setting(`split.${name}`, 58));
  const set = (/** @type {number} */ percent) => {
    share.value = Math.round(Math.min(80, Math.max(25, percent)));
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds && event.buttons) set(((event.clientX - bounds.left) / bounds.width) * 100);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    set(share.value + by);
  };
  return html`<div class="split" ref=${box} style=${{ "--share": `${share.value}%` }}>
    <div class="pane">${first}</div>
    <div
      class="split-edge"
      role="separator"
      tabindex="0"
      aria-orientation="vertical"
      aria-label="Width of the panes"
      aria-valuenow=${share.value}
      aria-valuemin="25"
      aria-valuemax="80"
      onKeyDown=${key}
      onPointerMove=${drag}
      onPointerDown=${(/** @type {any} */ event) => event.target.setPointerCapture(event.pointerId)}
    ></div>
    <div class="pane pane-second">${second}</div>
  </div>`;
}
