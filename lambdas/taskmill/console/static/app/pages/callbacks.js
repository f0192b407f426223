// Callback mappings: tasks that are submitted whenever a task of a type ends.
import { get, of, request } from "../api/client.js";
import { queries, useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Button, Card, PageHead, Time } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty, Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { href, route, setQuery, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { knownTypes } from "./types-data.js";

const EVENTS = { success: "it completes", failure: "it fails", completion: "it ends in any way" };
const LAST = 5; // tasks of a callback's type

export default function CallbacksPage() {
  const { tenant, query: asked } = route.value;
  const wanted = asked.get("type") ?? "";
  const [isNew, setNew] = useState(false);
  const query = useQuery([tenant, "callbacks", wanted], async ({ signal }) => {
    const types = await knownTypes(tenant, signal);
    return {
      types,
      items: (
        await Promise.all(
          (wanted ? [wanted] : types).map((taskType) =>
            get(of(tenant, "callbacks"), { signal, query: { taskType } }),
          ),
        )
      ).flatMap((page) => page.items),
    };
  });
  /** @type {string[]} */
  const types = query.data?.types ?? [];
  return html`<${PageHead}
      title="Callbacks"
      hint="Tasks that are submitted whenever a task of a type ends."
    >
      <label class="inline-field"
        >Type${" "}
        <select
          class="input"
          value=${wanted}
          onChange=${(/** @type {any} */ event) => setQuery({ type: event.target.value })}
        >
          <option value="">all</option>
          ${[...new Set([...types, ...(wanted ? [wanted] : [])])].map((type) => html`<option key=${type}>${type}</option>`)}
        </select></label
      >
      ${mayWrite.value && html`<${Button} kind="primary" onClick=${() => setNew(true)}>Add<//>`}<//
    >
    ${isNew && html`<${Add} types=${types} type=${wanted} close=${() => setNew(false)} />`}
    <${Shown} query=${query}
      >${(/** @type {any} */ { items }) =>
        items.length
          ? html`<${Card}
              ><div class="table-box">
                <table class="table">
                  <thead>
                    <tr>
                      <th>when a task of</th>
                      <th>and</th>
                      <th>this is submitted</th>
                      <th>added</th>
                      <th>last of it</th>
                      <th><span class="hidden-text">actions</span></th>
                    </tr>
                  </thead>
                  <tbody>
                    ${items.map((/** @type {any} */ each) => html`<${Row} key=${each.id} mapping=${each} />`)}
                  </tbody>
                </table>
              </div><//
            >`
          : html`<${Empty} title="No callback mappings"
              >Callbacks that a task function declares itself, or that a caller gave, are shown on
              their task.<//
            >`}<//
    >`;
}

/** @param {{mapping: any}} props */
function Row({ mapping }) {
  const { tenant } = route.value;
  const { id, taskType, event, callbackType } = mapping;
  const last = useQuery(
    [tenant, "tasks", "last", callbackType],
    ({ signal }) =>
      get(of(tenant, "tasks"), {
        signal,
        query: { type: callbackType, limit: LAST, fields: "summary" },
      }),
    { live: true },
  );
  const [asked, setAsked] = useState(false);
  const remove = async () => {
    try {
      await request("DELETE", of(tenant, "callbacks", id));
      toast("Removed.", { kind: "success" });
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { kind: "error" });
    }
    setAsked(false);
    await queries.invalidateQueries({ queryKey: [tenant, "callbacks"] });
  };
  return html`<tr>
    <td>
      <a href=${href("tasks", [], { q: `type:${taskType}` })}><b>${taskType}</b></a>
    </td>
    <td>${EVENTS[/** @type {"success"} */ (event)] ?? event}</td>
    <td>
      <a href=${href("tasks", [], { q: `type:${callbackType}` })}>${callbackType}</a>
      <code class="muted">${id.split("~")[1]}</code>
      ${mapping.unreadable && html`<span class="danger-text">${mapping.unreadable}</span>`}
    </td>
    <td><${Time} at=${mapping.createdAt} /> ${mapping.createdBy ?? ""}</td>
    <td class="last-of">
      ${(last.data?.items ?? []).map((/** @type {any} */ task) => html`<a key=${task.code} href=${taskHref(task)} title=${task.code}><${StatusBadge} status=${task.status} iconOnly /></a>`)}
    </td>
    <td class="row-actions">
      ${mayWrite.value && html`<${Button} small kind="ghost" onClick=${() => setAsked(true)}>Remove<//>`}
      ${
        asked &&
        html`<${Dialog}
          title="Remove this callback?"
          onClose=${() => setAsked(false)}
          actions=${html`<${Button} onClick=${() => setAsked(false)}>Keep it<//><${Button} kind="danger" onClick=${remove}>Remove<//>`}
        >
          <p>${callbackType} is no longer submitted when a task of ${taskType} ends.</p><//
        >`
      }
    </td>
  </tr>`;
}

/** @param {{types: string[], type: string, close: () => void}} props */
function Add({ types, type, close }) {
  const { tenant } = route.value;
  const [made, setMade] = useState({
    taskType: type,
    event: "success",
    callbackType: "",
    name: "",
  });
  const [refusal, setRefusal] = useState("");
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setMade({ ...made, [name]: event.target.value });
  const save = async () => {
    const { taskType, event, callbackType, name } = made;
    try {
      const { data } = await request(
        "PUT",
        of(tenant, "callbacks", `${taskType}~${name || callbackType}`),
        { body: { event, callbackType } },
      );
      toast(data?.warning ?? "Added.", { kind: data?.warning ? "error" : "success" });
      close();
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
    }
    await queries.invalidateQueries({ queryKey: [tenant, "callbacks"] });
  };
  return html`<${Dialog}
    title="Add a callback"
    onClose=${close}
    actions=${html`<${Button} onClick=${close}>Close<//><${Button} kind="primary" onClick=${save} disabled=${!made.taskType || !made.callbackType}>Add<//>`}
  >
    ${refusal && html`<p class="banner danger" role="alert">${refusal}</p>`}
    <datalist id="known-types">
      ${types.map((each) => html`<option key=${each} value=${each} />`)}
    </datalist>
    <div class="field">
      <label for="cb-type">When a task of type</label
      ><input
        id="cb-type"
        class="input"
        list="known-types"
        value=${made.taskType}
        onInput=${set("taskType")}
      />
    </div>
    <div class="field">
      <label for="cb-event">and</label
      ><select id="cb-event" class="input" value=${made.event} onChange=${set("event")}>
        ${Object.entries(EVENTS).map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}
      </select>
    </div>
    <div class="field">
      <label for="cb-callback">submit a task of type</label
      ><input
        id="cb-callback"
        class="input"
        list="known-types"
        value=${made.callbackType}
        onInput=${set("callbackType")}
      />
    </div>
    <div class="field">
      <label for="cb-name">Name <span class="field-kind">unique for the type</span></label
      ><input
        id="cb-name"
        class="input"
        placeholder=${made.callbackType}
        value=${made.name}
        onInput=${set("name")}
      />
    </div>
  <//>`;
}
