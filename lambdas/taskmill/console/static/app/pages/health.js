// Health of the stack: queues, dead letters, parked changes. Read only while this page is open.
import { get } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { paused } from "../api/live.js";
import { html } from "../lib.js";
import { whole } from "../numbers.js";
import { Card, Copy, Duration, PageHead, Time } from "../parts/basics.js";
import { Empty, Shown } from "../parts/states.js";

const EVERY = 10_000; // ms
const OLD = 600; // s; a message that waits longer is marked

export default function HealthPage() {
  const query = useQuery(
    ["", "health"],
    ({ signal }) => get("/health/queues", { signal }),
    paused.value ? {} : { every: EVERY },
  );
  return html`<${PageHead}
      title="Health"
      hint=${query.data ? html`as of <${Time} at=${query.data.asOf} />, every 10 s while this page is open` : ""}
    />
    <${Shown} query=${query}
      >${(/** @type {any} */ health) =>
        html` <${Verdict} health=${health} />
          <${Card} title="Queues"
            >${
              health.queues.length
                ? html`<div class="table-box">
                    <table class="table">
                      <thead>
                        <tr>
                          <th>queue</th>
                          <th class="number">waiting</th>
                          <th class="number">in flight</th>
                          <th class="number">oldest waits</th>
                        </tr>
                      </thead>
                      <tbody>
                        ${health.queues.map(
                          (/** @type {any} */ each) =>
                            html`<tr key=${each.name}>
                              <td><b>${each.name}</b></td>
                              <td class="number">${whole(each.depth)}</td>
                              <td class="number">${whole(each.inFlight)}</td>
                              <td
                                class=${`number${each.oldestSeconds > OLD ? " danger-text" : ""}`}
                              >
                                ${(each.oldestSeconds ?? null) === null ? html`<span class="muted">–</span>` : html`<${Duration} ms=${each.oldestSeconds * 1000} />`}
                              </td>
                            </tr>`,
                        )}
                      </tbody>
                    </table>
                  </div>`
                : html`<${Empty} title="No queues" />`
            }<//
          >
          <${Card} title="Dead letters"
            ><table class="table">
              <tbody>
                ${health.deadLetters.map(
                  (/** @type {any} */ each) =>
                    html`<tr key=${each.name}>
                      <td><b>${each.name}</b></td>
                      <td class="number">
                        <b class=${each.depth ? "danger-text" : "muted"}>${whole(each.depth)}</b>
                      </td>
                      <td>${each.depth > 0 && html`<${Command} text="taskmill redrive" />`}</td>
                    </tr>`,
                )}
                <tr>
                  <td>parked changes of rows</td>
                  <td class="number">
                    <b class=${health.parkedChanges ? "danger-text" : "muted"}
                      >${whole(health.parkedChanges)}</b
                    >
                  </td>
                  <td>${health.parkedChanges > 0 && html`<${Command} text="taskmill sweep" />`}</td>
                </tr>
              </tbody>
            </table><//
          >`}<//
    >`;
}

/** @param {{health: any}} props */
function Verdict({ health }) {
  const dead =
    health.deadLetters.reduce(
      (/** @type {number} */ sum, /** @type {any} */ each) => sum + each.depth,
      0,
    ) + (health.parkedChanges ?? 0);
  const old = health.queues.filter((/** @type {any} */ each) => each.oldestSeconds > OLD);
  const words = [
    dead && `${whole(dead)} given up and waiting for a redrive`,
    old.length &&
      `${old.map((/** @type {any} */ each) => each.name).join(", ")}: messages wait longer than 10 min`,
  ].filter(Boolean);
  return html`<p class=${`verdict${words.length ? " danger" : ""}`} role="status">
    ${words.length ? words.join("; ") : "All queues move, and nothing was given up."}
  </p>`;
}

/** @param {{text: string}} props */
const Command = ({ text }) =>
  html`<code>${text}</code> <${Copy} text=${text} label=${`Copy ${text}`} />`;
