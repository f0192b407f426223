// Submit a task: the deployed types, a form from the function's type hints, the API's refusal field by field.
import { get, of, post } from "../api/client.js";
import { hurry } from "../api/live.js";
import { isPaused } from "../api/pauses.js";
import { useQuery } from "../api/queries.js";
import { html, useEffect, useMemo, useState } from "../lib.js";
import { Card, Choice, PageHead } from "../parts/basics.js";
import { Empty } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { PausedMark } from "../shell/pauses.js";
import { hasMasked } from "../models/json-tree.js";
import { canShow, fieldsOf, inputOf, textsOf } from "../models/schema-form.js";
import { partsOf } from "../models/tree.js";
import { fieldOf, optionsForm, problemsOf } from "../widgets/form-view.js";
import { CopyAs, each, shown, typed } from "../widgets/short.js";
import { readPayload } from "./payloads.js";
import { pathOf } from "./task-data.js";
import { deployedTypes } from "./types-data.js";

export default function SubmitPage() {
  const { tenant, parts, query } = route.value;
  const [chosen] = parts;
  const again = query.get("again") ?? "";
  const types = useQuery([tenant, "submit", "types"], () => deployedTypes(tenant), { staleTime: 60_000 });
  if (!mayWrite.value) return html`<${PageHead} title="Submit" /><${Empty} title="You may only read">Your role has no grant to submit tasks.<//>`;
  return html`<${PageHead} title="Submit" hint=${chosen ? html`a task of type <b>${chosen}</b><${PausedMark} type=${chosen} />` : "Choose a type."} />
    ${shown(types, (all) => html`<div class="submit"><${Types} all=${all} chosen=${chosen} />
      ${chosen ? html`<${Form} key=${`${chosen} ${again}`} again=${again} type=${all.find((/** @type {any} */ one) => one.type === chosen) ?? { type: chosen, isUnknown: true }} />`
        : html`<${Empty} title=${all.length ? "Choose a type" : "The API does not tell its types"}>${!all.length && "Type a name at the left."}<//>`}</div>`)}`;
}

/** @param {any} props */
function Types({ all, chosen }) {
  const [query, setQuery] = useState("");
  /** @type {any[]} */
  const found = all.filter(({ type = "", description = "" }) => `${type} ${description}`.toLowerCase().includes(query.toLowerCase()));
  const item = (/** @type {string} */ type, /** @type {string} */ note) => html`<li key=${type}><a href=${href("submit", [type])} aria-current=${type === chosen ? "page" : undefined}><b>${type}</b><${PausedMark} type=${type} />
    ${note && html`<span class="muted cut">${note}</span>`}</a></li>`;
  return html`<nav class="type-list" aria-label="Task types">
    <input type="search" class="input" placeholder="Search types" aria-label="Search types" value=${query} onInput=${typed(setQuery)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (found[0] || query) && go(href("submit", [found[0]?.type ?? query]))} />
    <ul>${each(found, ({ type, description }) => item(type, description?.split("\n")[0]))}
      ${query && !found.some(({ type }) => type === query) && item(query, "not deployed, or not known")}</ul></nav>`;
}

/** @param {any} props */
function Form({ type, again }) {
  const source = useQuery([route.value.tenant, "submit", "again", again], ({ signal }) => earlier(again, signal), { enabled: Boolean(again), staleTime: 60_000 });
  if (!again) return html`<${Fields} type=${type} />`;
  return shown(source, (given) => html`<${Fields} type=${type} isFan=${again.startsWith("SFN_TASK")} ...${given} />`);
}

const KEPT = ["priority", "batchSize", "maxConcurrency", "toleratedFailures"];

/** The input and the options of a task that is submitted again. @param {string} id @param {AbortSignal} signal */
async function earlier(id, signal) {
  const key = /** @type {any} */ (partsOf(id));
  const task = await get(pathOf(key), { signal });
  const options = Object.fromEntries(KEPT.filter((name) => (task[name] ?? null) !== null).map((name) => [name, task[name]]));
  if (!task.inputRef || key.kind !== "TASK") return { input: task.input, options };
  const answer = await get(pathOf(key, "input"), { signal });
  const { value, link } = await readPayload(answer.input, answer.inputUrl, signal);
  if (link) throw new Error("Its input is too large for the hosted console. Submit it again in `taskmill console`, on your own machine.");
  return { input: value, options };
}

const OPTIONS = [
  fieldOf({ path: "code", hint: "identifies the task within its type; a new one if empty" }),
  fieldOf({ path: "name", hint: "for people; the type if empty" }),
  fieldOf({ path: "delaySeconds", label: "delay", kind: "integer", hint: "seconds from now" }),
  fieldOf({ path: "runAt", label: "at", kind: "datetime", hint: "when to start, with a zone" }),
  fieldOf({ path: "priority", kind: "enum", choices: ["low", "normal", "high", "urgent"] }),
  fieldOf({ path: "deadlineSeconds", label: "deadline", kind: "integer", hint: "fails if it has not ended so many seconds after it was due" }),
];
const FAN_OPTIONS = [
  ...OPTIONS.filter(({ path }) => ["code", "name", "priority"].includes(path)),
  fieldOf({ path: "batchSize", label: "batch size", kind: "integer" }),
  fieldOf({ path: "maxConcurrency", label: "batches at a time", kind: "integer" }),
  fieldOf({ path: "toleratedFailures", label: "tolerated failures", hint: "a count, or a share such as 5%" }),
];

/** @param {any} props */
function Fields({ type, isFan = false, input, options }) {
  const { tenant } = route.value;
  const fields = useMemo(() => fieldsOf(isFan ? null : type.inputSchema, type.secretFields), [type, isFan]);
  const hasForm = !isFan && type.inputSchema;
  const [mode, setMode] = useState(hasForm && canShow(fields, input) ? "form" : "json");
  const own = mode === "json" ? fieldsOf(null) : fields;
  const more = isFan ? FAN_OPTIONS : OPTIONS;
  const [texts, setTexts] = useState(() => textsOf(own, input));
  const [extras, setExtras] = useState(() => textsOf(more, options));
  const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const wrong = document.querySelector(".submit-form [aria-invalid=true]");
    if (wrong instanceof HTMLElement) wrong.focus();
  }, [problems]);
  const made = () => {
    const { value, given, problems: wrong } = inputOf(own, texts);
    const others = inputOf(more, extras);
    return { wrong: { ...wrong, ...others.problems }, input: value, given, body: { taskType: type.type, ...(given ? { input: value } : {}), ...others.value } };
  };
  const change = (/** @type {string} */ to) => {
    const { input: value, given } = made();
    if (to === "form" && given && !canShow(fields, value)) {
      toast("This input is no JSON, or has more than the form can show.", { kind: "error" });
      return;
    }
    setTexts(textsOf(to === "json" ? fieldsOf(null) : fields, given && Object.keys(value ?? 0).length ? value : undefined));
    setProblems({});
    setMode(to);
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const { wrong, body } = made();
    setProblems(wrong);
    if (Object.keys(wrong).length) return;
    setBusy(true);
    try {
      const task = await post(of(tenant, isFan ? "step-function-tasks" : "tasks"), body);
      hurry();
      toast("Submitted.", { kind: "success" });
      go(taskHref(task));
    } catch (error) {
      setProblems(problemsOf(error, [...own, ...more]));
    }
    setBusy(false);
  };
  return html`<form class="submit-form" noValidate onSubmit=${submit}>
    <${Card} title=${isFan ? "Fan-out" : "Input"} hint=${isFan && "a list: each element becomes a subtask"}
      actions=${hasForm && html`<${Choice} label="Input as" value=${mode} options=${[["form", "Form"], ["json", "JSON"]]} onChange=${change} />`}><div class="card-body">
      ${type.isUnknown && html`<p class="banner">No deployed function of this name is known: its tasks fail, unless a worker of yours runs them.</p>`}
      ${isPaused(type.type) && html`<p class="banner">Paused: the task is parked until it is resumed.</p>`}
      ${type.description && html`<p class="muted description">${type.description}</p>`}
      ${hasMasked(input) && html`<p class="banner">Secret fields came masked, as ***: type them anew, or they are submitted as ***.</p>`}
      ${optionsForm(own, texts, problems, setTexts)}</div><//>
    <details class="card options" open=${more.some(({ path }) => extras[path] || problems[path])}><summary>Options</summary>
      <div class="card-body">${optionsForm(more, extras, { ...problems, "": "" }, setExtras)}</div></details>
    <p class="form-actions"><button type="submit" class="button primary" disabled=${busy}>Submit</button>
      <${CopyAs} call=${() => ({ ...made().body, ...made(), kind: isFan ? "SFN_TASK" : "TASK", type: type.type, tenant })} /></p>
  </form>`;
}
