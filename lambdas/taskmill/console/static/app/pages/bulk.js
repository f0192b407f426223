// Bulk operations: who did what to which tasks and when, with progress, cancel and resume.
import { act } from "../actions.js";
import { get, of } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html } from "../lib.js";
import { Button, Card, PageHead, Time } from "../parts/basics.js";
import { FilterWords } from "../parts/bulk-dialog.js";
import { Empty } from "../parts/states.js";
import { href, route, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { RETRYABLE, isFinal } from "../statuses.js";
import { Progress } from "../widgets/progress.js";
import { each, reread, shown, table } from "../widgets/short.js";

export default function BulkPage() {
  const { tenant } = route.value;
  const query = useQuery([tenant, "bulk", "list"], ({ signal }) => get(of(tenant, "bulk"), { signal, query: { limit: 50 } }), { live: true, every: 3_000 });
  return html`<${PageHead} title="Bulk operations" hint="Retries and cancels of many tasks. Each is a task itself: it goes on when the page is closed." />
    ${shown(query, ({ items }) => items.length
      ? html`<${Card}>${table(["what", "progress", "reason", "by", "begun", ""], each(items, (task) => html`<${Row} key=${task.code} task=${task} />`), "bulk-table")}<//>`
      : html`<${Empty} title="None so far">Select tasks in a list, or retry all of an${" "}<a href=${href("errors")}>error group</a>.<//>`)}`;
}

/** @param {{task: any}} props */
function Row({ task }) {
  const { action, filter, keys, reason } = task.input ?? {};
  const run = (/** @type {"retry" | "cancel"} */ what) => act(what, task).then(reread);
  return html`<tr><td><a href=${taskHref(task)}><b>${action ?? task.type}</b></a> ${keys ? html`<span class="tag">${keys.length} chosen</span>` : html`<${FilterWords} filter=${filter} />`}</td>
    <td class="wide"><${Progress} task=${task} /></td><td class="cut">${reason}</td><td>${task.createdBy}</td><td><${Time} at=${task.createdAt} /></td>
    <td class="row-actions">${mayWrite.value && !isFinal(task.status) && html`<${Button} small kind="danger" onClick=${() => run("cancel")}>Cancel<//>`}
      ${mayWrite.value && RETRYABLE.has(task.status) && html`<${Button} small onClick=${() => run("retry")}>Resume<//>`}</td></tr>`;
}
