// The details of a task in tabs: overview, input, result, error, history, logs.
import { get } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Button, Duration, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty } from "../parts/states.js";
import { href, route, setQuery } from "../router.js";
import { consoleInfo, has, whoami } from "../session.js";
import { isFinal } from "../statuses.js";
import { ErrorView } from "../widgets/error-view.js";
import { JsonView } from "../widgets/json-view.js";
import { each, shown, table } from "../widgets/short.js";
import { Tabs } from "../widgets/tabs.js";
import { lifeOf, told } from "../widgets/waterfall-view.js";
import { Logs } from "./task-logs.js";
import { readPayload } from "./payloads.js";
import { hrefOfId, pathOf } from "./task-data.js";

/** @param {{task: any}} props */
export function Details({ task }) {
  const { error } = task.attributes ?? {};
  /** @type {Record<string, [string, () => any]>} */
  const all = {
    overview: ["Overview", () => html`<${Overview} task=${task} />`],
    input: ["Input", () => html`<${Payload} key="input" task=${task} name="input" />`],
    result: ["Result", () => html`<${Payload} key="result" task=${task} name="result" />`],
    error: ["Error", () => html`<${ErrorTab} error=${error} fingerprint=${task.fingerprint} />`],
    history: ["History", () => html`<${History} task=${task} />`],
    logs: ["Logs", () => html`<${Logs} task=${task} />`],
  };
  const isFan = task.kind === "SFN_TASK";
  const names = Object.keys(all).filter((name) => (name !== "error" || error) && !(isFan && ["result", "logs"].includes(name)));
  const asked = route.value.query.get("tab") ?? "";
  const tab = names.includes(asked) ? asked : error ? "error" : "overview";
  return html`<div class="details"><${Tabs} label="Details" tabs=${names.map((name) => [name, all[name]?.[0]])} value=${tab}
    onChange=${(/** @type {string} */ value) => setQuery({ tab: value }, { replace: true })}>${all[tab]?.[1]()}<//></div>`;
}

/** Fields that are shown, by their words. */
const FACTS = {
  name: "name", createdAt: "created", startedAt: "started", finishedAt: "ended", runAt: "due", expiresAt: "must have begun by", deadlineAt: "must have ended by",
  leaseUntil: "lease until", priority: "priority", pool: "worker pool", runner: "runs on", batchSize: "batch size", maxConcurrency: "batches at a time",
  toleratedFailures: "tolerated failures", createdBy: "created by", createdIp: "from address", requestId: "request id", resent: "message sent again",
  notify: "notifications", version: "version of the row", expired: "expired",
};

/** @param {{task: any}} props */
function Overview({ task }) {
  const { error, result, resultRef, counts, ...others } = task.attributes ?? {};
  const fact = (/** @type {string} */ label, /** @type {any} */ value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  const moment = (/** @type {any} */ at) => html`<${Time} at=${at} exact />`;
  return html`<div class="overview"><${Life} task=${task} />
    <dl class="facts">
      ${Object.entries(FACTS).map(([name, label]) => (task[name] ?? null) !== null && (name !== "leaseUntil" || !isFinal(task.status)) && fact(label, /At$|Until$/.test(name) ? moment(task[name]) : String(task[name])))}
      ${Object.entries(task.logIds ?? {}).map(([name, id]) => fact(`log.${name}`, html`<a href=${href("tasks", [], { q: `log.${name}:${id}` })}>${id}</a>`))}
      ${each(task.callbacks, ([event, type]) => fact(`on ${event}`, html`<a href=${href("tasks", [], { q: `type:${type}` })}>${type}</a>`))}
      ${task.unique && fact("unique key", html`<code class="key">${task.unique.key}</code> <span class="muted">by ${task.unique.of}${task.unique.onConflict && `, on conflict ${task.unique.onConflict}`}, until its ${task.unique.until}</span>`)}
      ${task.ttl && fact("kept until", moment(task.ttl * 1000))}</dl>
    ${Object.keys(others).length > 0 && html`<h3>Attributes</h3><${JsonView} value=${others} label="attributes" />`}</div>`;
}

/** The life as a list, with the gaps named. @param {{task: any}} props */
function Life({ task }) {
  const kept = lifeOf(task).segments.filter(({ kind, from, to }) => kind === "run" || (kind !== "idle" && to > from));
  return html`<ol class="life" aria-label="Life of the task">
    ${each(kept, (one) => html`<li class=${one.outcome === "failed" ? "life-failed" : ""}><i class=${`swatch seg-${one.kind}`} aria-hidden="true"></i><span>${told(one)}</span> <${Time} at=${one.from} /></li>`)}
    ${isFinal(task.status) && html`<li><${StatusBadge} status=${task.status} /> <${Time} at=${task.finishedAt} /></li>`}</ol>`;
}

/**
 * Input or result: what the row holds, or what it refers to; secrets on demand.
 *
 * @param {{task: any, name: "input" | "result"}} props
 */
function Payload({ task, name }) {
  const { status, inputRef, attributes, expired } = task;
  const [revealed, setRevealed] = useState(false);
  const inRow = name === "input" ? task.input : attributes?.result;
  const isLarge = Boolean(name === "input" ? inputRef : attributes?.resultRef);
  const query = useQuery([route.value.tenant, "payload", pathOf(task, name), revealed, status], async ({ signal }) => {
    const answer = await get(pathOf(task, name, ...(revealed ? ["revealed"] : [])), { signal });
    return readPayload(answer[name], answer[`${name}Url`], signal);
  }, { enabled: revealed || isLarge, every: consoleInfo.value.signIn ? 600_000 : 0 }); // a link that is shown stays valid
  if (name === "result" && status !== "COMPLETED" && inRow === undefined) return html`<${Empty} title=${isFinal(status) ? "It ended without a result" : "No result yet"} />`;
  if (expired?.includes(name)) return html`<${Empty} title=${`The ${name} has expired`}>It was kept for its retention time.<//>`;
  const reveal = whoami.value?.mayReveal === false || !has("reveal") ? null : () => setRevealed(true);
  const view = (/** @type {any} */ { value, text, size, link, download }) => link
    ? html`<p>This ${name} is too large for the hosted console. <a href=${link} target="_blank" rel="noopener noreferrer">Open it in a tab of its own</a>; its address is valid for 15 minutes.</p>`
    : text === undefined
    ? html`<${JsonView} value=${value} label=${name} revealed=${revealed} onReveal=${reveal} onDownload=${download} />`
    : html`<p class="muted">The first 64 KB of ${size}. <${Button} small icon="download" onClick=${download}>Download all of it<//></p><pre class="raw">${text}</pre>`;
  if (!revealed && !isLarge) return view({ value: inRow ?? null });
  return html`${shown(query, view, 3)}${revealed && query.error && html`<${Button} onClick=${() => setRevealed(false)}>Show it masked<//>`}`;
}

/** @param {any} props */
function ErrorTab({ error, fingerprint = error.fingerprint }) {
  const { cause } = error;
  return html`<${ErrorView} error=${error}>
    ${cause && html`<p>Caused by ${cause.key && html`<a href=${hrefOfId(cause.key)}>${cause.key.split("/")[1]}</a>`}: <b>${cause.type}</b> ${cause.message}</p>`}
    ${fingerprint && has("errors") && html`<p><a href=${href("errors", [fingerprint])}>All that failed with this error</a></p>`}<//>`;
}

/** @param {{task: any}} props */
function History({ task }) {
  const entries = task.history ?? [];
  if (!entries.length) return html`<${Empty} title="No history is kept of it" />`;
  return table(["status", "at", "#after", "#attempt", "by"], each(entries, ({ status, at, attempt, by, reason }, n) => html`<tr>
    <td><${StatusBadge} status=${status} /></td><td><${Time} at=${at} exact /></td><td class="number">${n > 0 && html`<${Duration} from=${entries[n - 1].at} to=${at} />`}</td>
    <td class="number">${attempt || ""}</td><td>${by} ${reason && html`<span class="muted">${reason}</span>`}</td></tr>`));
}
