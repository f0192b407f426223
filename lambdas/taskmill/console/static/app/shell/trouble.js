// A bar below the head while the data in view may be old, and what to do about it.
import { html } from "../lib.js";
import { hurry, paused, trouble, updatedAt } from "../api/live.js";
import { Button, Time } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { adviceOf } from "../parts/states.js";

export function Trouble() {
  const error = trouble.value;
  if (!error || paused.value || !updatedAt.value) return null;
  const [title, advice] = adviceOf(error);
  return html`<div class="trouble" role="alert">
    <${Icon} name="warning" />
    <span><strong>${title}.</strong> ${advice} What is shown is of <${Time} at=${updatedAt.value} />.</span>
    <${Button} small onClick=${hurry}>Try again<//>
  </div>`;
}
