// The log lines of a task, where the console's server can read them.
import { errorOf } from "../api/errors.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Time } from "../parts/basics.js";
import { Empty, Shown } from "../parts/states.js";
import { route } from "../router.js";
import { consoleInfo, identity } from "../session.js";
import { isFinal } from "../statuses.js";

const FIRST = 200; // lines; all of them on demand

/** @param {{task: any}} props */
export function Logs({ task }) {
  const key = `${task.pk}/${task.sk}`;
  const [whole, setWhole] = useState(false);
  const query = useQuery([route.value.tenant, "logs", key], ({ signal }) => read(key, signal), {
    enabled: consoleInfo.value.logs === true,
    live: !isFinal(task.status),
    staleTime: 10_000,
  });
  if (!consoleInfo.value.logs)
    return html`<${Empty} title="This console cannot read logs"
      >Run <code>taskmill logs ${task.type} ${task.code}</code>.<//
    >`;
  return html`<${Shown} query=${query} rows=${4}
    >${(/** @type {any} */ { lines, truncated }) => {
      if (!lines.length) return html`<${Empty} title="It has logged nothing" />`;
      const shown = whole ? lines : lines.slice(-FIRST);
      return html`${truncated && html`<p class="muted">Only the newest lines.</p>`}
        ${shown.length < lines.length && html`<button type="button" class="button small" onClick=${() => setWhole(true)}>All ${lines.length} lines</button>`}
        <ol class="log">
          ${shown.map((/** @type {any} */ line, /** @type {number} */ at) => html`<${Line} key=${at} line=${line} />`)}
        </ol>`;
    }}<//
  >`;
}

/** @param {{line: any}} props */
function Line({ line }) {
  const level = String(line.level ?? "").toUpperCase();
  const at = line.at ?? line.timestamp ?? line.time;
  const text = line.message ?? line.text ?? line;
  return html`<li class="log-line" data-level=${level}>
    ${at && html`<${Time} at=${at} />`}<b class="log-level">${level}</b>
    <span>${typeof text === "string" ? text : JSON.stringify(text)}</span>
  </li>`;
}

/** @param {string} key @param {AbortSignal} signal */
async function read(key, signal) {
  const response = await fetch(`/logs?${new URLSearchParams({ key })}`, {
    headers: identity(),
    signal,
  });
  const body = await response.json();
  if (!response.ok) throw errorOf(response.status, body);
  return body;
}
