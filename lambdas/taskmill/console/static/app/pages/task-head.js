// The head of a task's page: where it stands in its tree, its status, and what can be done with it.
import { html, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { Button, Copy, PageHead, Time, copy } from "../parts/basics.js";
import { Dialog, Menu } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { toast } from "../parts/toasts.js";
import { href, route } from "../router.js";
import { consoleInfo, mayWrite, whoami } from "../session.js";
import { RETRYABLE, isFinal } from "../statuses.js";
import { asCli, asCurl, asPython } from "../models/snippets.js";
import { hasMasked } from "../models/json-tree.js";
import { act, hrefOfId } from "./task-data.js";

/** @param {{task: any, children?: any}} props */
export function TaskHead({ task, children }) {
  return html`<${PageHead}
      title=${html`<span class="task-title"
        ><${StatusBadge} status=${task.status} />
        ${task.name && task.name !== task.type ? `${task.name} · ${task.type}` : task.type}
        <code class="task-code cut"
          >${task.code}${(task.index ?? null) === null ? "" : ` #${task.index}`}</code
        ><${Copy} text=${task.code} label="Copy the code"
      /></span>`}
      hint=${html`<${Where} task=${task} />`}
    >
      ${children}<${Actions} task=${task} />
    <//>
    ${task.unreadable && html`<p class="banner" role="alert">The stored row cannot be read: ${task.unreadable}</p>`}`;
}

/** @param {{task: any}} props */
function Where({ task }) {
  return html`<span class="where">
    ${task.root && task.root !== task.parent && html`<a href=${hrefOfId(task.root)} title="root (T)">${labelOf(task.root)}</a><span aria-hidden="true">›</span>`}
    ${task.parent && html`<a href=${hrefOfId(task.parent)} title="parent (P)">${labelOf(task.parent)}</a><span aria-hidden="true">›</span>`}
    <span
      >created <${Time} at=${task.createdAt} />${task.createdBy && html` by ${task.createdBy}`}</span
    >
    ${task.schedule && html`<span>by schedule <a href=${href("schedules", [task.schedule])}>${task.schedule}</a></span>`}
    ${task.run > 1 && html`<span>run ${task.run}</span>`}
    ${task.maxAttempts && html`<span>attempt ${task.attempts} of ${task.maxAttempts}</span>`}
    ${task.retryAt && !isFinal(task.status) && html`<span>retry <${Time} at=${task.retryAt} /></span>`}
  </span>`;
}

/** @param {string} id */
const labelOf = (id) => id.slice(id.indexOf("/") + 1).replace("#", " ");

/** @param {{task: any}} props */
function Actions({ task }) {
  const [asked, setAsked] = useState(/** @type {"" | "cancel" | "retry"} */ (""));
  const isSubtask = (task.index ?? null) !== null;
  const mayRetry = mayWrite.value && RETRYABLE.has(task.status);
  const mayCancel = mayWrite.value && !isFinal(task.status) && !isSubtask;
  const run = (/** @type {"retry" | "cancel"} */ action) => act(action, task);
  useShortcuts(
    [
      { keys: "r", group: "Task", label: "Retry", run: () => mayRetry && void run("retry") },
      { keys: "c", group: "Task", label: "Cancel", run: () => mayCancel && setAsked("cancel") },
    ],
    [task.status, mayRetry, mayCancel],
  );
  return html` ${mayRetry && html`<${Button} kind="primary" icon="retry" keys="r" onClick=${() => run("retry")}>Retry<//>`}
  ${mayCancel && html`<${Button} kind="danger" icon="stop" keys="c" onClick=${() => setAsked("cancel")}>Cancel<//>`}
  ${mayWrite.value && !isSubtask && html`<a class="button plain" href=${href("submit", [task.type], { from: `${task.pk}/${task.sk}` })}>Submit again…</a>`}
  ${!isSubtask && html`<${CopyAs} task=${task} />`}
  ${
    asked &&
    html`<${Dialog}
      title="Cancel this task?"
      onClose=${() => setAsked("")}
      actions=${html`<${Button} onClick=${() => setAsked("")}>Keep it<//
        ><${Button}
          kind="danger"
          onClick=${() => {
            setAsked("");
            void run("cancel");
          }}
          >Cancel the task<//
        >`}
    >
      <p>
        ${task.type} <code>${task.code}</code> ends as
        cancelled${task.childCount ? ", and so do its children that have not ended" : ""}. A running
        attempt is told to stop.
      </p>
    <//>`
  }`;
}

/** @param {{task: any}} props */
function CopyAs({ task }) {
  const { url } = consoleInfo.value;
  const call = { ...task, tenant: route.value.tenant, given: !task.inputRef, kind: task.kind };
  const region = whoami.value?.stack?.region;
  const give = (/** @type {string} */ text) => {
    void copy(text);
    const note = hasMasked(task.input)
      ? " Secret fields are masked in it."
      : task.inputRef
        ? " Its large input is not in it."
        : "";
    toast(`Copied.${note}`, { kind: "success" });
  };
  return html`<${Menu}
    label="Copy as"
    text="Copy as"
    end
    kind="plain"
    items=${[
      { text: "taskmill command", run: () => give(asCli(call, url)) },
      { text: "curl", run: () => give(asCurl(call, url ?? location.origin, region)) },
      { text: "Python", run: () => give(asPython(call, url)) },
      { text: "key", run: () => give(`${task.pk}/${task.sk}`) },
    ]}
  />`;
}
