// Schedules: when they fire in words, what became of the last fires, and everything one does to them.
import { get, of, post, request } from "../api/client.js";
import { parse, stringify } from "../models/exact-json.js";
import { queries, useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { absolute } from "../times.js";
import { Button, Card, PageHead, Time } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty, Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { inWords } from "../models/recurrence-words.js";
import { problemsOf } from "../models/schema-form.js";
import { FieldView } from "../widgets/form-view.js";
import { JsonView } from "../widgets/json-view.js";

const PAGE = 100;

export default function SchedulesPage() {
  const [name] = route.value.parts;
  return name ? html`<${One} key=${name} name=${name} />` : html`<${All} />`;
}

function All() {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const [isNew, setNew] = useState(false);
  const query = useQuery(
    [tenant, "schedules", pages],
    ({ signal }) => schedules(tenant, pages, signal),
    { live: true, keep: true },
  );
  return html`<${PageHead} title="Schedules" hint="Tasks that are submitted at recurring times.">
      ${mayWrite.value && html`<${Button} kind="primary" onClick=${() => setNew(true)}>New schedule<//>`}<//
    >
    ${isNew && html`<${Edit} close=${() => setNew(false)} />`}
    <${Shown} query=${query}
      >${(/** @type {any} */ { items, cursor }) =>
        items.length
          ? html`<${Card}
              ><div class="table-box">
                <table class="table">
                  <thead>
                    <tr>
                      <th>name</th>
                      <th>type</th>
                      <th>when</th>
                      <th>zone</th>
                      <th>next</th>
                      <th><span class="hidden-text">actions</span></th>
                    </tr>
                  </thead>
                  <tbody>
                    ${items.map(
                      (/** @type {any} */ each) =>
                        html`<tr key=${each.name}>
                          <td>
                            <a href=${href("schedules", [each.name])}><b>${each.name}</b></a>
                          </td>
                          <td>
                            <a href=${href("tasks", [], { q: `type:${each.taskType}` })}
                              >${each.taskType}</a
                            >
                          </td>
                          <td>${inWords(each.expression)}</td>
                          <td class="muted">
                            ${each.expression.startsWith("rate") ? "" : each.timezone}
                          </td>
                          <td>
                            ${each.paused ? html`<span class="badge">paused</span>` : html`<${Time} at=${each.nextFireAt} />`}${each.unreadable && html` <span class="danger-text">${each.unreadable}</span>`}
                          </td>
                          <td class="row-actions"><${Actions} schedule=${each} small /></td>
                        </tr>`,
                    )}
                  </tbody>
                </table>
              </div>
              ${cursor && html`<div class="card-foot"><${Button} small onClick=${() => setPages(pages + 1)}>More<//></div>`}<//
            >`
          : html`<${Empty} title="No schedules"
              >A schedule submits a task of one type at recurring times.<//
            >`}<//
    >`;
}

/** @param {string} tenant @param {number} pages @param {AbortSignal} signal */
async function schedules(tenant, pages, signal) {
  const items = [];
  let cursor = null;
  for (let n = 0; n < pages; n += 1) {
    const page = await get(of(tenant, "schedules"), { signal, query: { limit: PAGE, cursor } });
    items.push(...page.items);
    cursor = page.cursor ?? null;
    if (!cursor) break;
  }
  return { items, cursor };
}

/** @param {{schedule: any, small?: boolean, edit?: () => void}} props */
function Actions({ schedule, small = false, edit }) {
  const [asked, setAsked] = useState(false);
  if (!mayWrite.value) return null;
  const { tenant } = route.value;
  const { name, paused } = schedule;
  const run = async (/** @type {() => Promise<any>} */ what, /** @type {string} */ said) => {
    try {
      const answer = await what();
      const link =
        answer?.code && answer?.pk ? { link: { href: taskHref(answer), text: "its task" } } : {};
      toast(said, { kind: "success", ...link });
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { kind: "error" });
    }
    await queries.invalidateQueries({ queryKey: [tenant, "schedules"] });
  };
  const verb = paused ? "resume" : "pause";
  return html` <${Button}
      small=${small}
      icon=${paused ? "play" : "pause"}
      onClick=${() => run(() => post(of(tenant, "schedules", name, verb)), paused ? "It fires again." : "Paused.")}
      >${paused ? "Resume" : "Pause"}<//
    >
    <${Button}
      small=${small}
      onClick=${() => run(() => post(of(tenant, "schedules", name, "fire")), "Fired.")}
      >Fire now<//
    >
    ${edit && html`<${Button} small=${small} onClick=${edit}>Edit<//><${Button} small=${small} kind="ghost" onClick=${() => setAsked(true)}>Remove<//>`}
    ${
      asked &&
      html`<${Dialog}
        title=${`Remove ${name}?`}
        onClose=${() => setAsked(false)}
        actions=${html`<${Button} onClick=${() => setAsked(false)}>Keep it<//>
          <${Button}
            kind="danger"
            onClick=${() =>
              run(async () => {
                await request("DELETE", of(tenant, "schedules", name));
                go(href("schedules"));
              }, "Removed.")}
            >Remove<//
          >`}
        ><p>It fires no more. Tasks that it has submitted stay.</p><//
      >`
    }`;
}

/** @param {{name: string}} props */
function One({ name }) {
  const { tenant } = route.value;
  const [editing, setEditing] = useState(false);
  const path = of(tenant, "schedules", name);
  const query = useQuery(
    [tenant, "schedules", "one", name],
    ({ signal }) => get(path, { signal }),
    { live: true },
  );
  const fires = useQuery(
    [tenant, "schedules", "fires", name],
    ({ signal }) => get(`${path}/fires`, { signal }),
    { live: true },
  );
  return html`<${Shown} query=${query}
    >${(/** @type {any} */ schedule) =>
      html` <${PageHead}
          title=${html`${name} ${schedule.paused && html`<span class="badge">paused</span>`}`}
          hint=${html`<a href=${href("schedules")}>Schedules</a> › ${inWords(schedule.expression)}${schedule.expression.startsWith("rate") ? "" : `, ${schedule.timezone}`}`}
        >
          <${Actions} schedule=${schedule} edit=${() => setEditing(true)}
        /><//>
        ${editing && html`<${Edit} schedule=${schedule} close=${() => setEditing(false)} />`}
        <div class="columns">
          <${Card} title="Next fires"
            ><${Shown} query=${fires} rows=${2}
              >${(/** @type {any} */ { next = [] }) =>
                schedule.paused || !next.length
                  ? html`<${Empty} title=${schedule.paused ? "Paused" : "It fires no more"} />`
                  : html`<ol class="fires">
                      ${next.map((/** @type {string} */ at) => html`<li key=${at}><${Time} at=${at} exact /> <${Time} at=${at} />${schedule.timezone !== "UTC" && html` <span class="muted">${zoned(at, schedule.timezone)}</span>`}</li>`)}
                    </ol>`}<//
            >
            <dl class="facts">
              <div>
                <dt>type</dt>
                <dd>
                  <a href=${href("tasks", [], { q: `type:${schedule.taskType}` })}
                    >${schedule.taskType}</a
                  >
                </dd>
              </div>
              <div>
                <dt>expression</dt>
                <dd><code>${schedule.expression}</code></dd>
              </div>
              <div>
                <dt>created</dt>
                <dd>
                  <${Time} at=${schedule.createdAt} />
                  ${schedule.createdBy && `by ${schedule.createdBy}`}
                </dd>
              </div>
              ${
                schedule.priority &&
                html`<div>
                  <dt>priority</dt>
                  <dd>${schedule.priority}</dd>
                </div>`
              }
            </dl><//
          >
          <${Card} title="Last fires"
            ><${Shown} query=${fires} rows=${4}
              >${(/** @type {any} */ page) =>
                page.fires.length
                  ? html`<table class="table">
                      <tbody>
                        ${page.fires.map(
                          (/** @type {any} */ fire) =>
                            html`<tr key=${fire.at}>
                              <td><${Time} at=${fire.at} exact /></td>
                              <td>
                                ${fire.task ? html`<a href=${taskHref(fire.task)}><${StatusBadge} status=${fire.task.status} /></a>` : html`<span class="muted" title="No task of this time is stored: it was not due, paused, or has been removed">no task</span>`}
                              </td>
                              <td class="cut">
                                ${fire.task?.attributes?.error ? fire.task.attributes.error.type : ""}
                              </td>
                            </tr>`,
                        )}
                      </tbody>
                    </table>`
                  : html`<${Empty} title="It has not fired yet" />`}<//
            ><//
          >
        </div>
        ${schedule.input !== undefined && html`<${Card} title="Input of its tasks"><${JsonView} value=${schedule.input} label="input" /><//>`}`}<//
  >`;
}

/** @param {string} at @param {string} zone */
function zoned(at, zone) {
  try {
    return `${new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", weekday: "short" }).format(new Date(at))} in ${zone}`;
  } catch {
    return absolute(at);
  }
}

/** @param {any} more @returns {import("../models/schema-form.js").Field} */
const field = (more) => ({
  label: more.path,
  kind: "text",
  required: false,
  nullable: false,
  secret: false,
  description: "",
  hint: "",
  choices: [],
  fallback: undefined,
  hasDefault: false,
  group: [],
  ...more,
});
const FIELDS = [
  field({ path: "name", required: true }),
  field({
    path: "taskType",
    label: "type",
    required: true,
    description: "The type of the tasks that it submits.",
  }),
  field({ path: "expression", required: true, hint: "cron(0 12 * * ? *) or rate(5 minutes)" }),
  field({ path: "timezone", label: "time zone", hint: "such as Europe/Berlin; UTC if empty" }),
  field({ path: "input", kind: "json", hint: "JSON; empty: the function's default" }),
];
const KEPT = [
  "taskName",
  "notify",
  "priority",
  "expiresSeconds",
  "deadlineSeconds",
  "onSuccess",
  "onFailure",
  "onCompletion",
  "logIds",
  "paused",
];

/** @param {{schedule?: any, close: () => void}} props */
function Edit({ schedule, close }) {
  const { tenant } = route.value;
  const [texts, setTexts] = useState(() => ({
    name: schedule?.name ?? "",
    taskType: schedule?.taskType ?? "",
    expression: schedule?.expression ?? "",
    timezone: schedule?.timezone ?? "UTC",
    input:
      schedule?.input === undefined || schedule.input === null ? "" : stringify(schedule.input, 2),
  }));
  const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
  const words = inWords(texts.expression);
  const save = async () => {
    const body = Object.fromEntries(
      KEPT.filter((name) => (schedule?.[name] ?? null) !== null).map((name) => [
        name,
        schedule[name],
      ]),
    );
    try {
      if (texts.input.trim()) body.input = parse(texts.input);
    } catch (error) {
      setProblems({ input: /** @type {Error} */ (error).message });
      return;
    }
    const { name, taskType, expression, timezone } = texts;
    try {
      await request("PUT", of(tenant, "schedules", name.trim() || "-"), {
        body: { ...body, taskType, expression, timezone: timezone || "UTC" },
      });
      toast("Saved.", { kind: "success" });
      await queries.invalidateQueries({ queryKey: [tenant, "schedules"] });
      close();
      if (!schedule) go(href("schedules", [name.trim()]));
    } catch (error) {
      setProblems(
        problemsOf(
          /** @type {any} */ (error),
          FIELDS.map(({ path }) => path),
        ),
      );
    }
  };
  return html`<${Dialog}
    title=${schedule ? `Edit ${schedule.name}` : "New schedule"}
    wide
    onClose=${close}
    actions=${html`<${Button} onClick=${close}>Close<//><${Button} kind="primary" onClick=${save}>Save<//>`}
  >
    ${problems[""] && html`<p class="banner danger" role="alert">${problems[""]}</p>`}
    ${FIELDS.filter(({ path }) => !schedule || path !== "name").map(
      (each) =>
        html`<${FieldView}
          key=${each.path}
          field=${each}
          text=${texts[/** @type {"name"} */ (each.path)]}
          problem=${problems[each.path]}
          onText=${(/** @type {string} */ text) => setTexts({ ...texts, [each.path]: text })}
        />`,
    )}
    ${words !== texts.expression && html`<p class="muted" role="status">${words}</p>`}
  <//>`;
}
