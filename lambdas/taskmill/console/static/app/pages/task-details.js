// The details of a task in tabs: overview, input, result, error, history, logs.
import { get } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Duration, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty, Shown } from "../parts/states.js";
import { ErrorView } from "../widgets/error-view.js";
import { Tabs } from "../widgets/tabs.js";
import { JsonView } from "../widgets/json-view.js";
import { told } from "../widgets/waterfall-view.js";
import { href, route, setQuery } from "../router.js";
import { has, whoami } from "../session.js";
import { isFinal } from "../statuses.js";
import { now } from "../times.js";
import { waterfall } from "../models/waterfall.js";
import { Logs } from "./task-logs.js";
import { hrefOfId, pathOf } from "./task-data.js";
import { readPayload } from "./payloads.js";

/** @param {{task: any}} props */
export function Details({ task }) {
  const error = task.attributes?.error;
  const isFan = task.kind === "SFN_TASK";
  const tabs = [
    ["overview", "Overview"],
    ["input", "Input"],
    ...(isFan ? [] : [["result", "Result"]]),
    ...(error ? [["error", "Error"]] : []),
    ["history", "History"],
    ...(isFan ? [] : [["logs", "Logs"]]),
  ];
  const asked = route.value.query.get("tab") ?? "";
  const tab = tabs.some(([name]) => name === asked) ? asked : error ? "error" : "overview";
  return html`<div class="details">
    <${Tabs}
      label="Details"
      tabs=${tabs}
      value=${tab}
      onChange=${(/** @type {string} */ value) => setQuery({ tab: value }, { replace: true })}
    >
      ${tab === "overview" && html`<${Overview} task=${task} />`}
      ${tab === "input" && html`<${Payload} task=${task} name="input" />`}
      ${tab === "result" && html`<${Payload} task=${task} name="result" />`}
      ${tab === "error" && html`<${ErrorTab} error=${error} fingerprint=${task.fingerprint ?? error?.fingerprint} />`}
      ${tab === "history" && html`<${History} task=${task} />`}
      ${tab === "logs" && html`<${Logs} task=${task} />`}
    <//>
  </div>`;
}

/** @type {[string, string][]} Name of the field, and its label. */
const FACTS = [
  ["name", "name"],
  ["createdAt", "created"],
  ["startedAt", "started"],
  ["finishedAt", "ended"],
  ["runAt", "due"],
  ["expiresAt", "must have begun by"],
  ["deadlineAt", "must have ended by"],
  ["leaseUntil", "lease until"],
  ["priority", "priority"],
  ["pool", "worker pool"],
  ["runner", "runs on"],
  ["batchSize", "batch size"],
  ["maxConcurrency", "batches at a time"],
  ["toleratedFailures", "tolerated failures"],
  ["createdBy", "created by"],
  ["createdIp", "from address"],
  ["requestId", "request id"],
  ["resent", "message sent again"],
  ["notify", "notifications"],
  ["version", "version of the row"],
];

/** @param {{task: any}} props */
function Overview({ task }) {
  const facts = FACTS.filter(
    ([name]) => (task[name] ?? null) !== null && !(name === "leaseUntil" && isFinal(task.status)),
  );
  const others = Object.entries(task.attributes ?? {}).filter(
    ([name]) => !["error", "result", "resultRef", "counts"].includes(name),
  );
  return html`<div class="overview">
    <${Life} task=${task} />
    <dl class="facts">
      ${facts.map(
        ([name, label]) =>
          html`<div key=${name}>
            <dt>${label}</dt>
            <dd>
              ${name.endsWith("At") || name === "leaseUntil" ? html`<${Time} at=${task[name]} exact />` : String(task[name])}
            </dd>
          </div>`,
      )}
      ${Object.entries(task.logIds ?? {}).map(
        ([name, id]) =>
          html`<div key=${`log ${name}`}>
            <dt>log.${name}</dt>
            <dd><a href=${href("tasks", [], { q: `log.${name}:${id}` })}>${id}</a></dd>
          </div>`,
      )}
      ${(task.callbacks ?? []).map(
        (/** @type {string[]} */ [event, type]) =>
          html`<div key=${`${event} ${type}`}>
            <dt>on ${event}</dt>
            <dd><a href=${href("tasks", [], { q: `type:${type}` })}>${type}</a></dd>
          </div>`,
      )}
      ${
        task.expired?.length &&
        html`<div>
          <dt>expired</dt>
          <dd>${task.expired.join(", ")}</dd>
        </div>`
      }
      ${
        task.ttl &&
        html`<div>
          <dt>kept until</dt>
          <dd><${Time} at=${task.ttl * 1000} exact /></dd>
        </div>`
      }
    </dl>
    ${
      others.length > 0 &&
      html`<h3>Attributes</h3>
        <${JsonView} value=${Object.fromEntries(others)} label="attributes" />`
    }
  </div>`;
}

/** The life as a list, with the gaps named. @param {{task: any}} props */
function Life({ task }) {
  const { segments } = waterfall(task, isFinal(task.status) ? 0 : now.value);
  const kept = segments.filter(
    (each) => each.kind !== "idle" && (each.kind === "run" || each.to - each.from > 0),
  );
  return html`<ol class="life" aria-label="Life of the task">
    ${kept.map(
      (each, at) =>
        html`<li
          key=${at}
          class=${`life-${each.kind}${each.outcome === "failed" ? " life-failed" : ""}`}
        >
          <i class=${`swatch seg-${each.kind}`} aria-hidden="true"></i><span>${told(each)}</span>
          <${Time} at=${each.from} />
        </li>`,
    )}
    ${isFinal(task.status) && html`<li class="life-end"><${StatusBadge} status=${task.status} /> <${Time} at=${task.finishedAt} /></li>`}
  </ol>`;
}

/**
 * Input or result: what the row holds, or what it refers to; secrets on demand.
 *
 * @param {{task: any, name: "input" | "result"}} props
 */
function Payload({ task, name }) {
  const [revealed, setRevealed] = useState(false);
  const inRow = name === "input" ? task.input : task.attributes?.result;
  const isLarge = Boolean(name === "input" ? task.inputRef : task.attributes?.resultRef);
  const query = useQuery(
    [route.value.tenant, "payload", pathOf(task, name), revealed, task.status],
    async ({ signal }) => {
      const answer = await get(pathOf(task, name, ...(revealed ? ["revealed"] : [])), { signal });
      return readPayload(answer[name], answer[`${name}Url`], signal);
    },
    { enabled: revealed || isLarge },
  );
  if (name === "result" && task.status !== "COMPLETED" && inRow === undefined)
    return html`<${Empty}
      title=${isFinal(task.status) ? "It ended without a result" : "No result yet"}
    />`;
  if (task.expired?.includes(name))
    return html`<${Empty} title=${`The ${name} has expired`}
      >It was kept for its retention time.<//
    >`;
  const mayReveal = whoami.value?.mayReveal !== false;
  const view = (/** @type {any} */ { value, text, size, download }) =>
    html` ${
      text !== undefined
        ? html`<p class="muted">The first 64 KB of ${size}.</p>
            <pre class="raw">${text}</pre>
            <p>
              ${download && html`<button type="button" class="button plain" onClick=${download}>Download all of it</button>`}
            </p>`
        : html`<${JsonView}
            value=${value}
            label=${name}
            revealed=${revealed}
            onReveal=${mayReveal ? () => setRevealed(true) : null}
            onDownload=${download}
          />`
    }`;
  if (!revealed && !isLarge) return view({ value: inRow ?? null });
  return html`<${Shown} query=${query} rows=${3}>${view}<//>
    ${revealed && query.error && html`<button type="button" class="button plain" onClick=${() => setRevealed(false)}>Show it masked</button>`}`;
}

/** @param {{error: any, fingerprint?: string}} props */
function ErrorTab({ error, fingerprint }) {
  const { cause } = error;
  return html`<${ErrorView} error=${error}>
    ${cause && html`<p>Caused by ${cause.key ? html`<a href=${hrefOfId(cause.key)}>${String(cause.key).split("/")[1]}</a>` : "a task"}: <b>${cause.type}</b> ${cause.message}</p>`}
    ${fingerprint && has("errors") && html`<p><a href=${href("errors", [fingerprint])}>All that failed with this error</a></p>`}
  <//>`;
}

/** @param {{task: any}} props */
function History({ task }) {
  const entries = task.history ?? [];
  if (!entries.length) return html`<${Empty} title="No history is kept of it" />`;
  return html`<table class="table">
    <thead>
      <tr>
        <th>status</th>
        <th>at</th>
        <th class="number">after</th>
        <th class="number">attempt</th>
        <th>by</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map(
        (/** @type {any} */ entry, /** @type {number} */ at) =>
          html`<tr key=${at}>
            <td><${StatusBadge} status=${entry.status} /></td>
            <td><${Time} at=${entry.at} exact /></td>
            <td class="number">
              ${at > 0 ? html`<${Duration} from=${entries[at - 1].at} to=${entry.at} />` : ""}
            </td>
            <td class="number">${entry.attempt || ""}</td>
            <td>${entry.by ?? ""}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
