// The keys that work on the page in view.
import { html, signal } from "../lib.js";
import { shortcuts } from "../keyboard.js";
import { Dialog } from "../parts/dialog.js";

export const helpOpen = signal(false);

export function Help() {
  if (!helpOpen.value) return null;
  /** @type {Map<string, import("../keyboard.js").Shortcut[]>} */
  const groups = new Map();
  for (const each of shortcuts.value) {
    const group = each.group ?? "This page";
    groups.set(group, [...(groups.get(group) ?? []), each]);
  }
  return html`<${Dialog} title="Keys" onClose=${() => (helpOpen.value = false)} wide>
    <div class="help">
      ${[...groups].map(
        ([group, all]) =>
          html`<section>
            <h3>${group}</h3>
            <dl>
              ${all.map(
                ({ keys, label }) =>
                  html`<div>
                    <dt>${keys.split(" ").map((key) => html`<kbd>${shown(key)}</kbd> `)}</dt>
                    <dd>${label}</dd>
                  </div>`,
              )}
            </dl>
          </section>`,
      )}
    </div>
  <//>`;
}

/** @param {string} key */
function shown(key) {
  return key.replace("mod+", "⌘/Ctrl ").replace("Escape", "Esc").replace("Enter", "↵");
}
