// The foot: what the page in view has read and what that cost; versions; rights.
import { html } from "../lib.js";
import { dollarsPerUnit, reads } from "../api/reads.js";
import { announced } from "../announce.js";
import { counted, dollars, whole } from "../numbers.js";
import { consoleInfo, mayWrite, whoami } from "../session.js";
import { utc } from "../settings.js";
import { helpOpen } from "./help.js";

export function Footer() {
  const { units, requests, known } = reads.value;
  const { user, version } = whoami.value ?? {};
  const { readOnly, demo } = consoleInfo.value;
  return html`<footer class="footer">
    <span class="reads" title="Of this view, since it was opened: ${counted(requests, "request")}">
      ${known
        ? `read ${rounded(units)} units, ${dollars(units * dollarsPerUnit.value)}`
        : counted(requests, "request")}
    </span>
    ${demo && html`<span class="tag">demo</span>`}
    ${(readOnly || !mayWrite.value) && html`<span class="tag">read-only</span>`}
    <span class="spring"></span>
    <span class="footer-user cut" title=${user}>${user}</span>
    <button type="button" class="link" aria-label=${`Times in ${utc.value ? "UTC" : "local time"}; change`} onClick=${() => (utc.value = !utc.value)}>
      ${utc.value ? "UTC" : "local time"}
    </button>
    ${version && html`<span>taskmill ${version}</span>`}
    <button type="button" class="link" onClick=${() => (helpOpen.value = true)}>
      <kbd>?</kbd> keys
    </button>
    <div class="hidden-text" aria-live="polite" id="announcements">${announced.value}</div>
  </footer>`;
}

/** @param {number} units */
function rounded(units) {
  return units < 100 ? String(Math.round(units * 10) / 10) : whole(units);
}
