// Health of the stack: queues, dead letters, parked changes. Read only while this page is open.
import { get, post } from "../api/client.js";
import { queries, useQuery } from "../api/queries.js";
import { paused } from "../api/live.js";
import { html, useState } from "../lib.js";
import { whole } from "../numbers.js";
import { Button, Card, Duration, PageHead, Time } from "../parts/basics.js";
import { mayWrite, whoami } from "../session.js";
import { Ask } from "../widgets/ask.js";
import { each, shown, table } from "../widgets/short.js";

const [EVERY, WATCHED] = [10_000, 2_000]; // ms; while something is redriven
const KEY = ["", "health"];
const OLD = 600; // s; a message that waits longer is marked

export default function HealthPage() {
  const moving = /** @type {any} */ (queries.getQueryData(KEY))?.deadLetters.some(isMoving);
  const query = useQuery(KEY, ({ signal }) => get("/health/queues", { signal }), paused.value ? {} : { every: moving ? WATCHED : EVERY });
  const marked = (/** @type {number} */ n) => html`<td class="number"><b class=${n > 0 ? "danger-text" : "muted"}>${whole(n)}</b></td>`;
  return html`<${PageHead} title="Health" hint=${query.data && html`as of <${Time} at=${query.data.asOf} />, every 10 s while this page is open`} />
    ${shown(query, (health) => html`<${Verdict} health=${health} />
      <${Card} title="Queues">${table(["queue", "#waiting", "#in flight", "#oldest waits"], each(health.queues, ({ name, depth, inFlight, oldestSeconds }) => html`<tr key=${name}><td><b>${name}</b></td>
        <td class="number">${whole(depth)}</td><td class="number">${whole(inFlight)}</td><td class=${`number${oldestSeconds > OLD ? " danger-text" : ""}`}>${(oldestSeconds ?? null) === null ? "–" : html`<${Duration} ms=${oldestSeconds * 1000} />`}</td></tr>`))}<//>
      <${Card} title="Given up">${table(["where", "#how many", "what to do", ""], [...each(health.deadLetters, (queue) => html`<tr key=${queue.name}><td><b>${queue.name}</b></td>${marked(queue.depth)}
          <${Dead} queue=${queue} /></tr>`),
        html`<tr key="parked"><td><b>changes of rows that are parked</b></td>${marked(health.parkedChanges)}<td colspan="2">${health.parkedChanges > 0 && "nothing: the dispatcher tries them again every few minutes"}</td></tr>`])}<//>`)}`;
}

/** @param {any} queue */
const isMoving = ({ redrive }) => ["RUNNING", "CANCELLING"].includes(redrive?.status);

/** What to do about dead letters, or how their redrive stands. @param {{queue: any}} props */
function Dead({ queue }) {
  const [asked, ask] = useState("");
  const { id, name, depth, advice = "find the cause", redrivable, redrive } = queue;
  const running = isMoving(queue);
  const may = redrivable && mayWrite.value && !whoami.value?.tenants; // the queue is that of all tenants
  const { moved, toMove, status, startedAt, reason } = redrive ?? {};
  const of = toMove === undefined || toMove === null ? "" : ` of ${whole(toMove)}`;
  const run = (/** @type {string} */ path, /** @type {string} */ said) => async () => {
    await post(`/health/queues/${id}/redrive${path}`);
    await queries.invalidateQueries({ queryKey: KEY });
    return said;
  };
  return html`<td>${!running && depth > 0 && html`<p>${advice}</p>`}
      ${redrive && html`<p role="status" class=${status === "FAILED" ? "danger-text" : "muted"}>${running ? "being redriven" : `redrive ${status.toLowerCase()}`}: ${whole(moved)}${of} moved${startedAt && html`, begun <${Time} at=${startedAt} />`}${reason && `: ${reason}`}</p>`}</td>
    <td class="row-actions">${may && (running ? html`<${Button} small onClick=${() => ask("stop")}>Stop…<//>` : depth > 0 && html`<${Button} small onClick=${() => ask("redrive")}>Redrive…<//>`)}
      ${asked === "redrive" && html`<${Ask} title=${html`Redrive <b>${name}</b>`} verb="Redrive" close=${() => ask("")} run=${run("", `Redriving ${name}.`)}>
        <p>${whole(depth)} in all, of all tenants. The dispatcher handles each again, as the rows ask for by now: what it fails to do comes back. Mend the cause first.</p><//>`}
      ${asked === "stop" && html`<${Ask} title=${html`Stop the redrive of <b>${name}</b>`} verb="Stop" close=${() => ask("")} run=${run("/cancel", "Stopped.")}>
        <p>What has been moved is handled; the rest stays.</p><//>`}</td>`;
}

/** @param {{health: any}} props */
function Verdict({ health }) {
  const dead = health.deadLetters.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + Number(each.depth), 0) + Number(health.parkedChanges ?? 0);
  const old = health.queues.filter((/** @type {any} */ each) => each.oldestSeconds > OLD).map((/** @type {any} */ each) => each.name);
  const words = [dead && `${whole(dead)} given up`, old.length && `${old.join(", ")}: messages wait longer than 10 min`].filter(Boolean);
  return html`<p class=${`verdict${words.length ? " danger" : ""}`} role="status">${words.join("; ") || "All queues move, and nothing was given up."}</p>`;
}
