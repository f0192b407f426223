// Health of the stack: queues, dead letters, parked changes. Read only while this page is open.
import { get } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { paused } from "../api/live.js";
import { html } from "../lib.js";
import { whole } from "../numbers.js";
import { Card, Duration, PageHead, Time } from "../parts/basics.js";
import { each, shown, table } from "../widgets/short.js";

const EVERY = 10_000; // ms
const OLD = 600; // s; a message that waits longer is marked

export default function HealthPage() {
  const query = useQuery(["", "health"], ({ signal }) => get("/health/queues", { signal }), paused.value ? {} : { every: EVERY });
  const marked = (/** @type {number} */ n) => html`<td class="number"><b class=${n > 0 ? "danger-text" : "muted"}>${whole(n)}</b></td>`;
  return html`<${PageHead} title="Health" hint=${query.data && html`as of <${Time} at=${query.data.asOf} />, every 10 s while this page is open`} />
    ${shown(query, (health) => html`<${Verdict} health=${health} />
      <${Card} title="Queues">${table(["queue", "#waiting", "#in flight", "#oldest waits"], each(health.queues, ({ name, depth, inFlight, oldestSeconds }) => html`<tr key=${name}><td><b>${name}</b></td>
        <td class="number">${whole(depth)}</td><td class="number">${whole(inFlight)}</td><td class=${`number${oldestSeconds > OLD ? " danger-text" : ""}`}>${(oldestSeconds ?? null) === null ? "–" : html`<${Duration} ms=${oldestSeconds * 1000} />`}</td></tr>`))}<//>
      <${Card} title="Given up">${table(["where", "#how many", "what to do"], [...each(health.deadLetters, ({ name, depth }) => html`<tr key=${name}><td><b>${name}</b></td>${marked(depth)}
          <td>${depth > 0 && html`find the cause, then redrive the queue in the AWS console`}</td></tr>`),
        html`<tr key="parked"><td><b>changes of rows that are parked</b></td>${marked(health.parkedChanges)}<td>${health.parkedChanges > 0 && html`<code>taskmill sweep</code>`}</td></tr>`])}<//>`)}`;
}

/** @param {{health: any}} props */
function Verdict({ health }) {
  const dead = health.deadLetters.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + Number(each.depth), 0) + Number(health.parkedChanges ?? 0);
  const old = health.queues.filter((/** @type {any} */ each) => each.oldestSeconds > OLD).map((/** @type {any} */ each) => each.name);
  const words = [dead && `${whole(dead)} given up and waiting for a redrive`, old.length && `${old.join(", ")}: messages wait longer than 10 min`].filter(Boolean);
  return html`<p class=${`verdict${words.length ? " danger" : ""}`} role="status">${words.join("; ") || "All queues move, and nothing was given up."}</p>`;
}
