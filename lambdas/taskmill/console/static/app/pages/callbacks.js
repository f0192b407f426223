// Callback mappings: tasks that are submitted whenever a task of a type ends.
import { get, of, request } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Button, Card, PageHead, Time } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { href, route, setQuery, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { fieldOf, optionsForm, problemsOf } from "../widgets/form-view.js";
import { attempt, each, reread, shown, table, typed } from "../widgets/short.js";
import { knownTypes } from "./types-data.js";

/** @type {Record<string, string>} */
const EVENTS = { success: "it completes", failure: "it fails", completion: "it ends in any way" };
const LAST = 5; // tasks of a callback's type

export default function CallbacksPage() {
  const { tenant, query: asked } = route.value;
  const wanted = asked.get("type") ?? "";
  const [isNew, setNew] = useState(false);
  const query = useQuery([tenant, "callbacks", wanted], async ({ signal }) => {
    const types = await knownTypes(tenant, signal);
    const lists = (wanted ? [wanted] : types).map((type) => get(of(tenant, "callbacks"), { signal, query: { type } }));
    return { types, items: (await Promise.all(lists)).flatMap((page) => page.items) };
  });
  return html`<${PageHead} title="Callbacks" hint="Tasks that are submitted whenever a task of a type ends.">
      <label class="inline-field">Type${" "}<select class="input" value=${wanted} onChange=${typed((type) => setQuery({ type }))}>
        <option value="">all</option>${each([...new Set([...(query.data?.types ?? []), ...(wanted ? [wanted] : [])])], (type) => html`<option>${type}</option>`)}</select></label>
      ${mayWrite.value && html`<${Button} kind="primary" onClick=${() => setNew(true)}>Add<//>`}<//>
    ${isNew && html`<${Add} type=${wanted} close=${() => setNew(false)} />`}
    ${shown(query, ({ items }) => items.length
      ? html`<${Card}>${table(["when a task of", "and", "this is submitted", "added", "last of it", ""], each(items, (one) => html`<${Row} key=${one.id} mapping=${one} />`))}<//>`
      : html`<${Empty} title="No callback mappings">Callbacks that a task function declares itself, or that a caller gave, are shown on their task.<//>`)}`;
}

/** @param {{mapping: any}} props */
function Row({ mapping }) {
  const { tenant } = route.value;
  const { id, taskType, event, callbackType } = mapping;
  const last = useQuery([tenant, "tasks", "last", callbackType], ({ signal }) => get(of(tenant, "tasks"), { signal, query: { type: callbackType, limit: LAST } }), { live: true });
  const [asked, setAsked] = useState(false);
  const remove = () => attempt(() => request("DELETE", of(tenant, "callbacks", id)), "Removed.");
  const typeLink = (/** @type {string} */ type) => html`<a href=${href("tasks", [], { q: `type:${type}` })}>${type}</a>`;
  return html`<tr><td><b>${typeLink(taskType)}</b></td><td>${EVENTS[event] ?? event}</td>
    <td>${typeLink(callbackType)} <code class="muted">${id.split("~")[1]}</code> ${mapping.unreadable && html`<span class="danger-text">${mapping.unreadable}</span>`}</td>
    <td><${Time} at=${mapping.createdAt} /><div class="muted small cut added-by" title=${mapping.createdBy}>${mapping.createdBy}</div></td>
    <td class="last-of">${each(last.data?.items, (task) => html`<a key=${task.code} href=${taskHref(task)} title=${task.code}><${StatusBadge} status=${task.status} iconOnly /></a>`)}</td>
    <td class="row-actions">${mayWrite.value && html`<${Button} small kind="ghost" onClick=${() => setAsked(true)}>Remove<//>`}
      ${asked && html`<${Dialog} title="Remove this callback?" onClose=${() => setAsked(false)} actions=${html`<${Button} onClick=${() => setAsked(false)}>Keep it<//><${Button} kind="danger" onClick=${remove}>Remove<//>`}>
        <p>${callbackType} is no longer submitted when a task of ${taskType} ends.</p><//>`}</td></tr>`;
}

const FIELDS = [
  fieldOf({ path: "taskType", label: "when a task of type", required: true }),
  fieldOf({ path: "event", label: "and", required: true, kind: "enum", choices: Object.keys(EVENTS) }),
  fieldOf({ path: "callbackType", label: "submit a task of type", required: true }),
  fieldOf({ path: "name", hint: "unique for the type; that of the callback if empty" }),
];

/** @param {{type: string, close: () => void}} props */
function Add({ type, close }) {
  const [texts, setTexts] = useState(/** @type {Record<string, string>} */ ({ taskType: type, event: '"success"' }));
  const [problems, setProblems] = useState({});
  const save = async () => {
    const { taskType = "", callbackType = "", name, event = "" } = texts;
    try {
      const { data } = await request("PUT", of(route.value.tenant, "callbacks", `${taskType}~${name || callbackType}`), { body: { event: JSON.parse(event || '""'), callbackType } });
      toast(data.warning ?? "Added.", { kind: data.warning ? "error" : "success" });
      close();
      await reread();
    } catch (error) {
      setProblems(problemsOf(error, FIELDS));
    }
  };
  return html`<${Dialog} title="Add a callback" onClose=${close} actions=${html`<${Button} onClick=${close}>Close<//><${Button} kind="primary" onClick=${save}>Add<//>`}>
    ${optionsForm(FIELDS, texts, problems, setTexts)}<//>`;
}
