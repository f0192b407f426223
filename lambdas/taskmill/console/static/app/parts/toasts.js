// Short messages at the edge: what an action did, or why it was refused.
import { html, signal } from "../lib.js";

/** @typedef {{id: number, text: string, kind: string, link?: {href: string, text: string}}} Toast */

/** @type {import("../../vendor/signals-core.js").Signal<Toast[]>} */
const toasts = signal(/** @type {Toast[]} */ ([]));

let latest = 0;

/**
 * Show a message; errors stay until they are closed.
 *
 * @param {string} text
 * @param {{kind?: "info" | "success" | "error", link?: {href: string, text: string}}} [options]
 */
export function toast(text, { kind = "info", link } = {}) {
  const id = (latest += 1);
  toasts.value = [...toasts.peek().slice(-3), { id, text, kind, ...(link ? { link } : {}) }];
  if (kind !== "error") setTimeout(() => close(id), 6_000);
}

/** @param {number} id */
function close(id) {
  toasts.value = toasts.peek().filter((each) => each.id !== id);
}

export function Toasts() {
  return html`<div class="toasts" role="status">
    ${toasts.value.map(
      ({ id, text, kind, link }) =>
        html`<div class="toast" data-kind=${kind} key=${id}>
          <p>${text} ${link && html`<a href=${link.href}>${link.text}</a>`}</p>
          <button type="button" class="button ghost small" onClick=${() => close(id)}>Close</button>
        </div>`,
    )}
  </div>`;
}
