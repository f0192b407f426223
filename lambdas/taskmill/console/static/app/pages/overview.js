// The overview: how it goes now (counts), how it went (charts), and what fails (error groups).
import { html, useMemo } from "../lib.js";
import { get, of } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { totals, useStatistics } from "../api/statistics.js";
import { writeFilter } from "../filter.js";
import { short, whole } from "../numbers.js";
import { Card, Choice, PageHead, Time } from "../parts/basics.js";
import { TimeChart, Sparkline } from "../parts/charts.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty, Shown } from "../parts/states.js";
import { href, route, setQuery } from "../router.js";
import { has } from "../session.js";
import { PausedMark } from "../shell/pauses.js";
import { STATUSES, open, word } from "../statuses.js";
import { duration, now } from "../times.js";
import { chartsOf, summaryOf, unusualTypes } from "./overview-data.js";

const HOUR = 3_600_000;
const PERIODS = /** @type {[string, string][]} */ ([
  ["48h", "48 h"],
  ["30d", "30 d"],
]);

export default function Overview() {
  const { query } = route.value;
  const period = query.get("period") === "30d" ? "30d" : "48h";
  const statistics = useStatistics();
  const history = useHistory(period, query.get("type"));
  if (!has("statistics"))
    return html`<${PageHead} title="Overview" />
      <${Empty} title="This stack keeps no statistics"><a href=${href("tasks")}>Go to the tasks</a><//>`;
  return html`<${PageHead} title="Overview" hint=${query.get("type") && `Charts of ${query.get("type")}`}>
      <${Choice}
        label="Period"
        value=${period}
        options=${PERIODS}
        onChange=${(/** @type {string} */ value) => setQuery({ period: value === "48h" ? "" : value }, { replace: true })}
      />
    <//>
    <${Numbers} statistics=${statistics.data} buckets=${history.data?.buckets} period=${period} />
    <${History} query=${history} period=${period} />
    <${Shown} query=${statistics} rows=${8}>
      ${(/** @type {any} */ data) => html`<${Counts} statistics=${data} days=${period === "30d"} buckets=${history.data?.buckets ?? []} />`}
    <//>
    ${has("errors") && html`<${TopErrors} />`}`;
}

/**
 * @param {string} period
 * @param {string | null} type
 */
function useHistory(period, type) {
  const { tenant } = route.value;
  const by = period === "48h" ? "hour" : "day";
  const read = (/** @type {{signal: AbortSignal}} */ { signal }) => {
    const to = Date.now();
    const from = to - (by === "hour" ? 47 * HOUR : 29 * 24 * HOUR);
    const asked = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), type, by };
    return get(of(tenant, "statistics", "history"), { query: asked, signal });
  };
  return useQuery([tenant, "history", by, type], read, {
    enabled: has("statistics"),
    keep: true,
    staleTime: 30_000,
    every: 60_000,
  });
}

/** @param {{statistics: any, buckets: any[] | undefined, period: string}} props */
function Numbers({ statistics, buckets, period }) {
  const counts = totals(statistics);
  const oldest = (statistics?.types ?? [])
    .filter((/** @type {any} */ each) => each.oldestWaitingAt)
    .sort((/** @type {any} */ one, /** @type {any} */ other) => Date.parse(one.oldestWaitingAt) - Date.parse(other.oldestWaitingAt))[0];
  const { waitP95, runP95, failed, ended } = summaryOf(buckets ?? []);
  const span = period === "48h" ? "48 h" : "30 d";
  const failures = ended ? `${((100 * failed) / ended).toFixed(failed ? 2 : 0)} % of ended` : "";
  return html`<dl class="numbers">
    <${Figure} name="Open now" value=${statistics && short(open(counts))} link=${{ q: "status:created,scheduled,parked,queued,started,processing,waiting,finished,errored" }} />
    <${Figure} name="Failed now" value=${statistics && short(counts.FAILED ?? 0)} bad=${Number(counts.FAILED) > 0} link=${{ q: "status:failed" }} />
    <${Figure} name=${`Failed in ${span}`} value=${buckets && short(failed)} hint=${failures} />
    <${Figure} name="Waiting p95" value=${buckets && duration(waitP95)} hint=${`in ${span}`} />
    <${Figure} name="Running p95" value=${buckets && duration(runP95)} hint=${`in ${span}`} />
    <${Figure}
      name="Oldest waiting"
      value=${statistics && (oldest ? duration(now.value - Date.parse(oldest.oldestWaitingAt)) : "none")}
      hint=${oldest?.type}
    />
  </dl>`;
}

/** @param {{name: string, value: any, hint?: any, bad?: boolean, link?: Record<string, string>}} props */
function Figure({ name, value, hint, bad, link }) {
  const shown = value ?? "–";
  return html`<div>
    <dt>${name}</dt>
    <dd class=${bad ? "is-failed" : ""}>
      ${link ? html`<a class="quiet" href=${href("tasks", [], link)}>${shown}</a>` : shown}
      ${hint && html`<span class="muted">${hint}</span>`}
    </dd>
  </div>`;
}

/** @param {{query: import("../api/queries.js").Result, period: string}} props */
function History({ query, period }) {
  const buckets = query.data?.buckets;
  const days = period !== "48h";
  const charts = useMemo(() => chartsOf(buckets ?? [], { days, now: Date.now() }), [buckets, days]);
  return html`<div class="chart-pair">
    <${Card} title="Throughput" hint=${days ? "per day" : "per hour"}>
      <${Shown} query=${query} rows=${5}>
        ${() => html`<${TimeChart} label="Throughput" days=${days} times=${charts.times} series=${charts.throughput} />`}
      <//>
    <//>
    <${Card} title="Latency" hint="of tasks that ended">
      <${Shown} query=${query} rows=${5}>
        ${() => html`<${TimeChart} label="Latency" unit="ms" days=${days} times=${charts.times} series=${charts.latency} />`}
      <//>
    <//>
  </div>`;
}

/** @param {{statistics: import("../api/statistics.js").Statistics, days: boolean, buckets: any[]}} props */
function Counts({ statistics, days, buckets }) {
  const types = statistics.types ?? [];
  const unusual = unusualTypes(buckets, { days, now: Date.now() });
  const mark = (/** @type {string} */ type) => unusual.has(type) && `Its failure rate of this ${days ? "day" : "hour"}, or of the last, is far above that of the ${days ? "days" : "hours"} before`;
  if (!types.length)
    return html`<${Card}><${Empty} title="No tasks yet">Submit one: <code>taskmill submit TYPE INPUT</code><//><//>`;
  const sums = totals(statistics);
  return html`<${Card} title="Tasks by type and status" hint=${html`as of <${Time} at=${statistics.asOf} />`}>
    <div class="table-box" tabindex="0" role="region" aria-label="Tasks by type and status">
      <table class="table counts">
        <thead>
          <tr>
            <th scope="col">Type</th>
            ${STATUSES.map((status) => html`<th scope="col" class="number"><${StatusBadge} status=${status} /></th>`)}
            <th scope="col" class="number">oldest<br />waiting</th>
          </tr>
        </thead>
        <tbody>
          ${types.map((each) => html`<${TypeRow} key=${each.type} row=${each} unusual=${mark(each.type)} />`)}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All</th>
            ${STATUSES.map((status) => html`<td class="number"><${Count} n=${sums[status]} status=${status} /></td>`)}
            <td></td>
          </tr>
        </tfoot>
      </table>
    </div>
  <//>`;
}

/** @param {{row: import("../api/statistics.js").TypeCounts, unusual: string | false}} props unusual: why it is marked. */
function TypeRow({ row, unusual }) {
  const { type, counts, oldestWaitingAt } = row;
  return html`<tr>
    <th scope="row">
      <a href=${href("tasks", [], { q: writeFilter([{ field: "type", value: type }]) })}>${type}</a><${PausedMark} type=${type} />
      ${unusual && html` <span class="tag is-unusual" title=${unusual}>failing more<span class="hidden-text">: ${unusual}</span></span>`}
    </th>
    ${STATUSES.map((status) => html`<td class="number"><${Count} n=${counts[status]} status=${status} type=${type} /></td>`)}
    <td class="number">${oldestWaitingAt ? duration(now.value - Date.parse(oldestWaitingAt)) : ""}</td>
  </tr>`;
}

/** @param {{n: number | undefined, status: string, type?: string}} props */
function Count({ n, status, type }) {
  if (!Number(n)) return html`<span class="zero">0</span>`;
  const terms = [{ field: "status", value: word(status) }, ...(type ? [{ field: "type", value: type }] : [])];
  const bad = status === "FAILED" ? "is-failed" : "quiet";
  return html`<a class=${bad} href=${href("tasks", [], { q: writeFilter(terms) })}>${whole(n)}</a>`;
}

function TopErrors() {
  const { tenant } = route.value;
  const read = (/** @type {{signal: AbortSignal}} */ { signal }) =>
    get(of(tenant, "errors"), { query: { state: "open", limit: 5 }, signal });
  const query = useQuery([tenant, "errors", "open", "top"], read, { live: true });
  return html`<${Card} title="Errors" actions=${html`<a href=${href("errors")}>All errors</a>`}>
    <${Shown} query=${query} rows=${3}>
      ${(/** @type {any} */ { groups }) =>
        groups.length
          ? html`<div class="table-box" tabindex="0" role="region" aria-label="Errors">
              <table class="table errors-top">
                <thead>
                  <tr>
                    <th scope="col">Error</th>
                    <th scope="col">Types</th>
                    <th scope="col" class="number">Seen</th>
                    <th scope="col" class="number">Still failed</th>
                    <th scope="col">24 h</th>
                    <th scope="col" class="number">Last seen</th>
                  </tr>
                </thead>
                <tbody>
                  ${groups.map((/** @type {import("../api/types.d.ts").ErrorGroup} */ group) => html`<${ErrorRow} key=${group.fingerprint} group=${group} />`)}
                </tbody>
              </table>
            </div>`
          : html`<p class="card-body muted">No open errors.</p>`}
    <//>
  <//>`;
}

/** @param {{group: import("../api/types.d.ts").ErrorGroup}} props */
function ErrorRow({ group }) {
  return html`<tr>
    <th scope="row" class="cut error-name">
      <a href=${href("errors", [group.fingerprint])}>${group.errorType}</a>
      <span class="muted"> ${group.message}</span>
      ${group.newSince && html` <span class="tag">new</span>`}
    </th>
    <td class="cut error-types">${group.types.join(", ")}</td>
    <td class="number">${whole(group.count)}</td>
    <td class="number">${Number(group.open) ? html`<span class="is-failed">${whole(group.open)}</span>` : html`<span class="zero">0</span>`}</td>
    <td><${Sparkline} values=${group.hours} label="Per hour, of the last 24 hours" /></td>
    <td class="number"><${Time} at=${group.lastAt} /></td>
  </tr>`;
}
