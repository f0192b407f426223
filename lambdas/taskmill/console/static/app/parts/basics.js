// Small components that every page uses.
import { html, useState } from "../lib.js";
import { absolute, duration, now, relative } from "../times.js";
import { toast } from "./toasts.js";
import { Icon } from "./icons.js";

/**
 * A moment: relative, with the absolute time on hover.
 *
 * @param {{at: string | number | null | undefined, exact?: boolean}} props exact: the absolute time
 *   is shown, the relative one on hover.
 */
export function Time({ at, exact = false }) {
  if (at === null || at === undefined) return html`<span class="muted">–</span>`;
  const [shown, hint] = exact ? [absolute(at), relative(at)] : [relative(at), absolute(at)];
  const moment = new Date(at);
  const iso = Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
  return html`<time datetime=${iso} title=${hint}>${shown}</time>`;
}

/**
 * Who did something: of an ARN its last part, all of it on hover.
 *
 * @param {{name: string | null | undefined}} props
 */
export function User({ name }) {
  return name ? html`<span class="cut user" title=${name}>${name.split(":").at(-1)}</span>` : null;
}

/**
 * How long something took, or takes until now.
 *
 * @param {{ms?: number | null, from?: string | null, to?: string | null}} props
 */
export function Duration({ ms, from, to }) {
  if (ms !== undefined) return html`<span>${duration(ms)}</span>`;
  if (!from) return html`<span class="muted">–</span>`;
  const end = to ? new Date(to).getTime() : now.value;
  return html`<span>${duration(end - new Date(from).getTime())}</span>`;
}

/**
 * A button.
 *
 * @param {{kind?: "plain" | "primary" | "danger" | "ghost", icon?: string, small?: boolean,
 *   label?: string, keys?: string, children?: any, [attribute: string]: any}} props label: of a
 *   button that shows only its icon; keys: the shortcut, shown beside the text.
 */
export function Button({ kind = "plain", icon, small, label, keys, children, ...rest }) {
  const classes = ["button", kind, small && "small", !children && "icon-only"];
  return html`<button
    type="button"
    class=${classes.filter(Boolean).join(" ")}
    aria-label=${label}
    title=${label}
    aria-keyshortcuts=${keys}
    ...${rest}
  >
    ${icon && html`<${Icon} name=${icon} />`}${children}${keys && html`<kbd>${keys}</kbd>`}
  </button>`;
}

/**
 * Copies a text; works on http, too.
 *
 * @param {{text: string | (() => string), label?: string, children?: any}} props
 */
export function Copy({ text, label = "Copy", children }) {
  const [done, setDone] = useState(false);
  const run = async () => {
    await copy(typeof text === "function" ? text() : text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<${Button}
    kind="ghost"
    small
    icon=${done ? "check" : "copy"}
    label=${children ? undefined : done ? "Copied" : label}
    onClick=${run}
    >${children}<//
  >`;
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyByCommand(text)) toast("The browser did not allow to copy.", { kind: "error" });
  }
}

/** @param {string} text */
function copyByCommand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy"); // the only way without a secure context
  area.remove();
  return done;
}

/**
 * The head of a page.
 *
 * @param {{title: any, hint?: any, children?: any}} props children: actions at its right.
 */
export function PageHead({ title, hint, children }) {
  return html`<header class="page-head">
    <div class="page-title">
      <h1 tabindex="-1" id="page-title">${title}</h1>
      ${hint && html`<p class="muted">${hint}</p>`}
    </div>
    ${children && html`<div class="page-actions">${children}</div>`}
  </header>`;
}

/**
 * A framed part of a page.
 *
 * @param {{title?: any, hint?: any, actions?: any, children?: any, class?: string}} props
 */
export function Card({ title, hint, actions, children, class: name = "" }) {
  return html`<section class=${`card ${name}`}>
    ${title &&
    html`<header class="card-head">
      <h2>${title}</h2>
      ${hint && html`<span class="muted">${hint}</span>`}
      <span class="spring"></span>
      ${actions}
    </header>`}
    ${children}
  </section>`;
}

/**
 * Buttons of which one is chosen.
 *
 * @param {{label: string, value: string, options: [string, any][],
 *   onChange: (value: string) => void}} props
 */
export function Choice({ label, value, options, onChange }) {
  return html`<div class="choice" role="group" aria-label=${label}>
    ${options.map(
      ([name, text]) =>
        html`<button type="button" aria-pressed=${name === value} onClick=${() => onChange(name)}>
          ${text}
        </button>`,
    )}
  </div>`;
}
