// Tabs by the pattern of WAI-ARIA: arrows move, the panel is named by its tab.
import { html, useId } from "../lib.js";

/**
 * @param {{label: string, tabs: any[][], value: string, onChange: (value: string) => void, children?: any}} props
 *   tabs: name, text, and optionally a number beside it.
 */
export function Tabs({ label, tabs, value, onChange, children }) {
  const id = useId();
  const move = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = tabs.findIndex(([name]) => name === value);
    const [name] = tabs[(at + by + tabs.length) % tabs.length] ?? [value];
    onChange(name);
    document.getElementById(`${id}-${name}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${move}>
      ${tabs.map(
        ([name, text, count]) =>
          html`<button
            type="button"
            role="tab"
            key=${name}
            id=${`${id}-${name}`}
            aria-selected=${name === value}
            aria-controls=${`${id}-panel`}
            tabindex=${name === value ? 0 : -1}
            onClick=${() => onChange(name)}
          >
            ${text}${count === undefined ? "" : html` <span class="tab-count">${count}</span>`}
          </button>`,
      )}
    </div>
    <div
      class="tab-panel"
      role="tabpanel"
      id=${`${id}-panel`}
      aria-labelledby=${`${id}-${value}`}
      tabindex="0"
    >
      ${children}
    </div>`;
}
