// Dialogs and menus. Focus goes in, stays in, and returns to where it was.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib.js";
import { hold } from "../api/live.js";
import { Button } from "./basics.js";

/**
 * A modal dialog; mount it to open it.
 *
 * @param {{title: any, onClose: () => void, children?: any, actions?: any, wide?: boolean,
 *   class?: string}} props actions: buttons at its foot.
 */
export function Dialog({ title, onClose, children, actions, wide, class: name = "" }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(hold, []);
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return html`<dialog
    ref=${ref}
    class=${`dialog ${wide ? "wide" : ""} ${name}`}
    aria-labelledby=${id}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onMouseDown=${(/** @type {MouseEvent} */ event) => event.target === ref.current && onClose()}
  >
    <div class="dialog-inside">
      <header class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <${Button} kind="ghost" small icon="close" label="Close" onClick=${onClose} />
      </header>
      <div class="dialog-body">${children}</div>
      ${actions && html`<footer class="dialog-actions">${actions}</footer>`}
    </div>
  </dialog>`;
}

/**
 * @typedef {object} Item
 * @property {any} text
 * @property {() => void} [run]
 * @property {string} [href]
 * @property {string} [keys]
 * @property {boolean} [checked]
 * @property {boolean} [danger]
 */

/**
 * A button that opens a list of actions or links.
 *
 * @param {{label: string, text?: any, icon?: string, items: Item[], kind?: string,
 *   end?: boolean}} props end: its list is aligned with the button's end.
 */
export function Menu({ label, text, icon, items, kind = "ghost", end = false }) {
  const [isOpen, setOpen] = useState(false);
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  useEffect(() => (isOpen ? hold() : undefined), [isOpen]);
  useEffect(() => {
    if (!isOpen) return undefined;
    entries(ref.current)[0]?.focus();
    const outside = (/** @type {Event} */ event) => {
      if (!ref.current?.contains(/** @type {Node} */ (event.target))) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    ref.current?.querySelector("button")?.focus();
  };
  return html`<span class="menu" ref=${ref} onKeyDown=${(/** @type {KeyboardEvent} */ event) => isOpen && move(event, ref.current, close)}>
    <${Button}
      kind=${kind}
      icon=${icon}
      label=${text ? undefined : label}
      aria-haspopup="menu"
      aria-expanded=${isOpen}
      aria-controls=${isOpen ? id : undefined}
      onClick=${() => setOpen(!isOpen)}
      >${text}<//
    >
    ${isOpen &&
    html`<div class=${`menu-list ${end ? "end" : ""}`} role="menu" id=${id} aria-label=${label}>
      ${items.map((item) => html`<${Entry} item=${item} close=${close} />`)}
    </div>`}
  </span>`;
}

/** @param {{item: Item, close: () => void}} props */
function Entry({ item, close }) {
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  const inside = html`<span class="menu-mark" aria-hidden="true">${item.checked ? "✓" : ""}</span>
    <span>${item.text}</span>${item.keys && html`<kbd>${item.keys}</kbd>`}`;
  const attributes = { role, class: `menu-item ${item.danger ? "danger" : ""}`, tabindex: -1 };
  if (item.href)
    return html`<a ...${attributes} href=${item.href} onClick=${close}>${inside}</a>`;
  const run = () => {
    close();
    item.run?.();
  };
  return html`<button type="button" ...${attributes} aria-checked=${item.checked} onClick=${run}>
    ${inside}
  </button>`;
}

/** @param {HTMLElement | null} within */
function entries(within) {
  return /** @type {HTMLElement[]} */ ([...(within?.querySelectorAll(".menu-item") ?? [])]);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement | null} within
 * @param {() => void} close
 */
function move(event, within, close) {
  const all = entries(within);
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  if (to === undefined && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  if (to !== undefined) all[(to + all.length) % all.length]?.focus();
}
