// An error as rows keep it: type, message, cause, stack.
import { html } from "../lib.js";
import { Copy } from "../parts/basics.js";

/** @param {{error: any, children?: any}} props children: links about it. */
export function ErrorView({ error, children }) {
  return html`<div class="error-tab">
    <p class="error-title"><b>${error.type}</b> <span>${error.message}</span></p>
    ${error.final && html`<p class="muted">What made it final: <b>${error.final.type}</b> ${error.final.message}</p>`}
    ${children}
    ${
      error.stack &&
      html`<div class="stack">
        <${Copy} text=${error.stack} label="Copy the stack" />
        <pre tabindex="0">${error.stack}</pre>
      </div>`
    }
  </div>`;
}
