// A bar on every page while the tenant is paused, and the mark of types that are.
import { html, useEffect } from "../lib.js";
import { isPaused, pauses, tenantPause, usePauses } from "../api/pauses.js";
import { Time, User } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { href, route } from "../router.js";

export function Pauses() {
  const { data } = usePauses();
  useEffect(() => void (pauses.value = data?.items ?? []), [data]);
  const pause = tenantPause();
  if (!pause) return null;
  return html`<div class="trouble" role="status" aria-label="Paused">
    <${Icon} name="pause" />
    <span><strong>${route.value.tenant} is paused</strong> since <${Time} at=${pause.at} />${pause.by && html` by <${User} name=${pause.by} />`}: what has not begun is parked.</span>
    <a href=${href("limits")}>Limits</a>
  </div>`;
}

/**
 * The mark of a type that is paused; nothing of another.
 *
 * @param {{type: string, small?: boolean}} props small: its word is for screen readers.
 */
export function PausedMark({ type, small }) {
  if (!isPaused(type)) return null;
  const title = "Paused: what has not begun is parked";
  return small
    ? html`<span class="paused-icon" title=${title}><${Icon} name="pause" /><span class="hidden-text">paused</span></span>`
    : html` <span class="badge" title=${title}>paused</span>`;
}
