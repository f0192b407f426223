// The head of a task's page: where it stands in its tree, its status, and what can be done with it.
import { isPaused, tenantPause } from "../api/pauses.js";
import { html, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { Button, Copy, PageHead, Time } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { href, route } from "../router.js";
import { mayWrite } from "../session.js";
import { PausedMark } from "../shell/pauses.js";
import { isFinal, mayBeRetried } from "../statuses.js";
import { CopyAs } from "../widgets/short.js";
import { act, hrefOfId } from "./task-data.js";

/** @param {{task: any}} props */
export function TaskHead({ task }) {
  const { status, name, type, code, unreadable } = task;
  return html`<${PageHead} hint=${html`<${Where} task=${task} />`}
      title=${html`<span class="task-title"><${StatusBadge} status=${status} /> ${name && name !== type ? `${name} · ${type}` : type} <code class="muted cut">${code}</code><${Copy} text=${code} label="Copy the code" /><${PausedMark} type=${type} /></span>`}>
      <${Actions} task=${task} /><//>
    ${!isFinal(status) && html`<${Waits} task=${task} />`}
    ${unreadable && html`<p class="banner" role="alert">The stored row cannot be read: ${unreadable}</p>`}`;
}

/** @param {{task: any}} props */
function Where({ task }) {
  const { root, parent, createdAt, createdBy, schedule, run, attempts, maxAttempts, retryAt, status } = task;
  const above = (/** @type {string} */ id, /** @type {string} */ title) => html`<a href=${hrefOfId(id)} title=${title}>${id.slice(id.indexOf("/") + 1).replace("#", " ")}</a><span aria-hidden="true">›</span>`;
  return html`<span class="where">
    ${root && root !== parent && above(root, "root (T)")} ${parent && above(parent, "parent (P)")}
    <span>created <${Time} at=${createdAt} /> ${createdBy && `by ${createdBy}`}</span>
    ${schedule && html`<span>by schedule <a href=${href("schedules", [schedule])}>${schedule}</a></span>`}
    ${run > 1 && html`<span>run ${run}</span>`}
    ${maxAttempts && html`<span>attempt ${attempts} of ${maxAttempts}</span>`}
    ${retryAt && !isFinal(status) && html`<span>retry <${Time} at=${retryAt} /></span>`}</span>`;
}

/** Why a task does not begin: a limit, a rate, a pause, another task with its key. @param {{task: any}} props */
function Waits({ task }) {
  const { status, type, unique } = task;
  const { kind = isPaused(type) ? "pause" : "", limit, key, until } = task.waitsFor ?? {};
  if (!task.waitsFor && status !== "PARKED") return null;
  const named = () => html`<a href=${href("limits", [], { name: limit, key })}>${limit ?? "its limits"}</a>${key && html`, key <code class="key">${key}</code>`}`;
  /** @type {Record<string, () => any>} */
  const words = {
    limit: () => html`Waits for a slot of the limit ${named()}.`,
    rate: () => html`Begins ${until ? html`<${Time} at=${until} />` : "later"}, as its rate allows: ${named()}.`,
    pause: () => html`Waits until ${(task.waitsFor ? !key : tenantPause()) ? `the tenant ${route.value.tenant}` : html`the type ${type}`} is resumed: <a href=${href("limits")}>paused</a>.`,
    key: () => html`Waits for the end of the task that has the key <code class="key">${key ?? unique?.key}</code>.`,
  };
  return html`<p class="banner waits" role="status">${words[kind]?.() ?? html`Held back by a limit, or paused: <a href=${href("limits")}>limits</a>.`}</p>`;
}

/** @param {{task: any}} props */
function Actions({ task }) {
  const { pk, sk, type, code, status, childCount } = task;
  const [asked, setAsked] = useState(false);
  const mayRetry = mayWrite.value && mayBeRetried(task);
  const mayCancel = mayWrite.value && !isFinal(status);
  const ask = () => setAsked(true);
  const close = () => setAsked(false);
  const retry = () => act("retry", task);
  const cancel = () => {
    close();
    void act("cancel", task);
  };
  useShortcuts([
    ...(mayRetry ? [{ keys: "r", group: "Task", label: "Retry", run: retry }] : []),
    ...(mayCancel ? [{ keys: "c", group: "Task", label: "Cancel", run: ask }] : []),
  ], [mayRetry, mayCancel, sk]);
  return html`
    ${mayRetry && html`<${Button} kind="primary" icon="retry" keys="r" onClick=${retry}>Retry<//>`}
    ${mayCancel && html`<${Button} kind="danger" icon="stop" keys="c" onClick=${ask}>Cancel<//>`}
    ${mayWrite.value && html`<a class="button plain" href=${href("submit", [type], { again: `${pk}/${sk}` })}>Submit again…</a>`}
    <${CopyAs} id=${`${pk}/${sk}`} call=${() => ({ ...task, tenant: route.value.tenant, given: !task.inputRef })} />
    ${asked && html`<${Dialog} title="Cancel this task?" onClose=${close} actions=${html`<${Button} onClick=${close}>Keep it<//><${Button} kind="danger" onClick=${cancel}>Cancel the task<//>`}>
      <p>${type} <code>${code}</code> ends as cancelled${childCount ? ", and so do its children that have not ended" : ""}. A running attempt is told to stop.</p><//>`}`;
}
