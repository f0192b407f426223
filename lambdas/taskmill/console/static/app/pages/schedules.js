// Schedules: when they fire in words, what became of the last fires, and everything one does to them.
import { get, of, post, request } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Button, Card, PageHead, Time } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, taskHref } from "../router.js";
import { has, mayWrite } from "../session.js";
import { inputOf, textsOf } from "../models/schema-form.js";
import { fieldOf, optionsForm, problemsOf } from "../widgets/form-view.js";
import { JsonView } from "../widgets/json-view.js";
import { attempt, each, listed, moreButton, reread, shown, table } from "../widgets/short.js";

const PAGE = 100;

export default function SchedulesPage() {
  const [name] = route.value.parts;
  return name ? html`<${One} key=${name} name=${name} />` : html`<${All} />`;
}

function All() {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const [isNew, setNew] = useState(false);
  const query = useQuery([tenant, "schedules", pages], ({ signal }) => listed(of(tenant, "schedules"), pages, { limit: PAGE }, signal), { live: true, keep: true });
  return html`<${PageHead} title="Schedules" hint="Tasks that are submitted at recurring times.">
      ${mayWrite.value && html`<${Button} kind="primary" onClick=${() => setNew(true)}>New schedule<//>`}<//>
    ${isNew && html`<${Edit} close=${() => setNew(false)} />`}
    ${shown(query, ({ items, cursor }) => items.length
      ? html`<${Card}>${table(["name", "type", "when", "zone", "next", ""], each(items, (one) => html`<tr key=${one.name}>
          <td><a href=${href("schedules", [one.name])}><b>${one.name}</b></a></td><td>${typeLink(one)}</td>
          <td>${wordsOf(one)}</td><td class="muted">${zoneOf(one)}</td>
          <td>${one.paused ? html`<span class="badge">paused</span>` : html`<${Time} at=${one.nextFireAt} />`} ${one.unreadable && html`<span class="danger-text">${one.unreadable}</span>`}</td>
          <td class="row-actions"><${Actions} schedule=${one} small /></td></tr>`))}
        ${moreButton(cursor, () => setPages(pages + 1))}<//>`
      : html`<${Empty} title="No schedules">A schedule submits a task of one type at recurring times.<//>`)}`;
}

/** @param {any} schedule */
const typeLink = ({ taskType }) => html`<a href=${href("tasks", [], { q: `type:${taskType}` })}>${taskType}</a>`;

/** @param {any} schedule In the words of the API; an older one has none. */
const wordsOf = ({ description, expression }) => description ?? expression;

/** @param {any} schedule A rate has no zone. */
const zoneOf = ({ expression, timezone }) => (expression.startsWith("rate") ? "" : timezone);

/** @param {{schedule: any, small?: boolean, edit?: () => void}} props */
function Actions({ schedule, small = false, edit }) {
  const [asked, setAsked] = useState(false);
  if (!mayWrite.value) return null;
  const { name, paused } = schedule;
  const path = (/** @type {string[]} */ ...verb) => of(route.value.tenant, "schedules", name, ...verb);
  const remove = async () => {
    await request("DELETE", path());
    go(href("schedules"));
  };
  return html`
    <${Button} small=${small} icon=${paused ? "play" : "pause"} onClick=${() => attempt(() => post(path(paused ? "resume" : "pause")), paused ? "It fires again." : "Paused.")}>${paused ? "Resume" : "Pause"}<//>
    ${has("fires") && html`<${Button} small=${small} onClick=${() => attempt(() => post(path("fire")), "Fired.", (task) => ({ href: taskHref(task), text: "Its task" }))}>Fire now<//>`}
    ${edit && html`<${Button} onClick=${edit}>Edit<//><${Button} kind="ghost" onClick=${() => setAsked(true)}>Remove<//>`}
    ${asked && html`<${Dialog} title=${`Remove ${name}?`} onClose=${() => setAsked(false)}
      actions=${html`<${Button} onClick=${() => setAsked(false)}>Keep it<//><${Button} kind="danger" onClick=${() => attempt(remove, "Removed.")}>Remove<//>`}>
      <p>It fires no more. Tasks that it has submitted stay.</p><//>`}`;
}

/** @param {{name: string}} props */
function One({ name }) {
  const { tenant } = route.value;
  const [editing, setEditing] = useState(false);
  const path = of(tenant, "schedules", name);
  const query = useQuery([tenant, "schedules", "one", name], ({ signal }) => get(path, { signal }), { live: true });
  const fires = useQuery([tenant, "schedules", "fires", name], ({ signal }) => get(`${path}/fires`, { signal }), { live: true, enabled: has("fires") });
  return shown(query, (schedule) => html`
    <${PageHead} title=${html`${name} ${schedule.paused && html`<span class="badge">paused</span>`}`}
      hint=${html`<a href=${href("schedules")}>Schedules</a> › ${wordsOf(schedule)} ${!schedule.description && zoneOf(schedule)}`}>
      <${Actions} schedule=${schedule} edit=${() => setEditing(true)} /><//>
    ${editing && html`<${Edit} schedule=${schedule} close=${() => setEditing(false)} />`}
    <div class="columns">
      <${Card} title="Next fires">${shown(has("fires") ? fires : { ...query, data: { next: [schedule.nextFireAt].filter(Boolean) } }, ({ next }) => schedule.paused || !next.length
        ? html`<${Empty} title=${schedule.paused ? "Paused" : "It fires no more"} />`
        : html`<ol class="fires">${each(next, (at) => html`<li key=${at}><${Time} at=${at} exact /> <${Time} at=${at} /> <span class="muted">${zoned(at, zoneOf(schedule))}</span></li>`)}</ol>`, 2)}
        <dl class="facts"><div><dt>type</dt><dd>${typeLink(schedule)}</dd></div>
          <div><dt>expression</dt><dd><code>${schedule.expression}</code></dd></div>
          <div><dt>created</dt><dd><${Time} at=${schedule.createdAt} /> ${schedule.createdBy && `by ${schedule.createdBy}`}</dd></div>
          ${schedule.priority && html`<div><dt>priority</dt><dd>${schedule.priority}</dd></div>`}</dl><//>
      ${has("fires") && html`<${Card} title="Last fires">${shown(fires, (page) => page.fires.length
        ? table(["at", "outcome", "error"], each(page.fires, ({ at, task }) => html`<tr key=${at}><td><${Time} at=${at} exact /></td>
            <td>${task ? html`<a href=${taskHref(task)}><${StatusBadge} status=${task.status} /></a>` : html`<span class="muted" title="It was paused then, or its task has been removed">no task</span>`}</td>
            <td class="cut">${task?.attributes?.error?.type}</td></tr>`))
        : html`<${Empty} title="It has not fired yet" />`)}<//>`}
    </div>
    ${(schedule.input ?? null) !== null && html`<${Card} title="Input of its tasks"><${JsonView} value=${schedule.input} label="input" /><//>`}`);
}

/** The time in the schedule's own zone. @param {string} at @param {string} timeZone */
function zoned(at, timeZone) {
  if (!timeZone || timeZone === "UTC") return "";
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", weekday: "short" });
  return `${format.format(new Date(at))} in ${timeZone}`;
}

const FIELDS = [
  fieldOf({ path: "name", required: true }),
  fieldOf({ path: "taskType", label: "type", required: true, description: "The type of the tasks that it submits." }),
  fieldOf({ path: "expression", required: true, hint: "cron(0 12 * * ? *) or rate(5 minutes)" }),
  fieldOf({ path: "timezone", label: "time zone", hint: "such as Europe/Berlin; UTC if empty" }),
  fieldOf({ path: "input", kind: "json", hint: "JSON; empty: the function's default" }),
];
const KEPT = ["taskName", "notify", "priority", "expiresSeconds", "deadlineSeconds", "onSuccess", "onFailure", "onCompletion", "logIds", "paused"];

/** @param {{schedule?: any, close: () => void}} props */
function Edit({ schedule, close }) {
  const { input, ...others } = schedule ?? {};
  const [texts, setTexts] = useState(() => textsOf(FIELDS, { ...others, ...((input ?? null) === null ? {} : { input }) }));
  const [problems, setProblems] = useState({});
  const save = async () => {
    const { value, problems: wrong } = inputOf(FIELDS, texts);
    const { name = "", ...body } = value;
    const kept = Object.fromEntries(KEPT.filter((each) => (schedule?.[each] ?? null) !== null).map((each) => [each, schedule[each]]));
    setProblems(wrong);
    if (Object.keys(wrong).length || !name) return;
    try {
      await request("PUT", of(route.value.tenant, "schedules", name), { body: { ...kept, ...body } });
      toast("Saved.", { kind: "success" });
      close();
      go(href("schedules", [name]));
      await reread();
    } catch (error) {
      setProblems(problemsOf(error, FIELDS));
    }
  };
  return html`<${Dialog} title=${schedule ? `Edit ${schedule.name}` : "New schedule"} onClose=${close} actions=${html`<${Button} onClick=${close}>Close<//><${Button} kind="primary" onClick=${save}>Save<//>`}>
    ${optionsForm(schedule ? FIELDS.slice(1) : FIELDS, texts, problems, setTexts)}<//>`;
}
