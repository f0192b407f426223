// The page of a fan-out: one segmented bar, its batches as one picture, and the subtasks behind it.
import { get, of, post } from "../api/client.js";
import { hurry } from "../api/live.js";
import { queries, useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { Button, Card, Duration, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty, Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, setQuery } from "../router.js";
import { mayWrite } from "../session.js";
import { RETRYABLE, isFinal } from "../statuses.js";
import { counted, whole } from "../numbers.js";
import { describeOne, toleranceOf } from "../models/batches.js";
import { now } from "../times.js";
import { waterfall } from "../models/waterfall.js";
import { BatchGrid } from "../widgets/batch-grid.js";
import { Shares } from "../widgets/waterfall-view.js";
import { Tabs } from "../widgets/tabs.js";
import { TaskHead } from "./task-head.js";
import { Details } from "./task-details.js";
import { pathOf, useTask } from "./task-data.js";

const LIST = 50; // subtasks read at once

export default function FanOutPage() {
  const [type = "", code = "", index] = route.value.parts;
  const query = useTask({ kind: "SFN_TASK", type, code });
  return html`<${Shown} query=${query} rows=${8}
    >${(/** @type {any} */ task) =>
      html`<article class="task-page">
        <${TaskHead} task=${task} />
        <${Summary} task=${task} />
        <div class="fan-columns">
          <div class="fan-main"><${Batches} task=${task} /></div>
          <div class="fan-side">
            ${
              index === undefined
                ? html`<${Card} title="This fan-out"><${Details} task=${task} /><//>`
                : html`<${Subtask} key=${index} parent=${task} index=${Number(index)} />`
            }
          </div>
        </div>
      </article>`}<//
  >`;
}

/** @type {[string, string][]} */
const PARTS = [
  ["completed", "completed"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
  ["running", "to go"],
];

/** Counts as one bar. @param {{task: any}} props */
function Summary({ task }) {
  const counts = countsOf(task);
  const tolerated = toleranceOf(task.toleratedFailures, counts.total, counts.failed);
  const life = waterfall(task, isFinal(task.status) ? 0 : now.value);
  let x = 0;
  return html`<section class="fan-summary" aria-label="Subtasks by outcome">
    <svg
      class="segmented"
      height="14"
      width="100%"
      role="img"
      aria-label=${PARTS.map(([name, word]) => `${counts[name]} ${word}`).join(", ")}
    >
      ${PARTS.filter(([name]) => counts[name]).map(([name]) => {
        const width = Math.max(0.4, (counts[name] / (counts.total || 1)) * 100);
        const rect = html`<rect
          key=${name}
          class=${`part-${name}`}
          x=${`${x}%`}
          width=${`${width}%`}
          height="14"
        />`;
        x += width;
        return rect;
      })}
    </svg>
    <dl class="facts-row">
      <div>
        <dt>subtasks</dt>
        <dd>${whole(counts.total)}</dd>
      </div>
      ${PARTS.map(
        ([name, word]) =>
          html`<div key=${name}>
            <dt><i class=${`swatch part-${name}`} aria-hidden="true"></i>${word}</dt>
            <dd>
              ${whole(counts[name])} <span class="muted">${share(counts[name], counts.total)}</span>
            </dd>
          </div>`,
      )}
      <div>
        <dt>tolerated failures</dt>
        <dd>
          ${
            tolerated
              ? html`${whole(tolerated.allowed)} <span class="muted">(${task.toleratedFailures})</span> <span class=${tolerated.exceeded ? "danger-text" : "muted"}
                    >${tolerated.exceeded ? "exceeded" : `${whole(tolerated.left)} left`}</span
                  >`
              : "none"
          }
        </dd>
      </div>
      <div>
        <dt>took</dt>
        <dd><${Duration} ms=${life.totals.total} /></dd>
      </div>
    </dl>
  </section>`;
}

/** @param {any} task @returns {Record<string, number>} */
function countsOf(task) {
  const {
    total = task.childCount ?? 0,
    completed = 0,
    failed = 0,
    cancelled = 0,
  } = task.attributes?.counts ?? {};
  return {
    total,
    completed,
    failed,
    cancelled,
    running: Math.max(0, total - completed - failed - cancelled),
  };
}

/** @param {number} part @param {number} all */
function share(part, all) {
  if (!all || !part) return "";
  const percent = (part / all) * 100;
  return percent < 0.1
    ? "< 0.1 %"
    : percent > 99.9 && part < all
      ? "> 99.9 %"
      : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** @param {{task: any}} props */
function Batches({ task }) {
  const query = useQuery(
    [route.value.tenant, "batches", task.sk, isFinal(task.status) ? task.version : 0],
    ({ signal }) => allBatches(task, signal),
    {
      live: !isFinal(task.status),
      keep: true,
      ...(isFinal(task.status) ? {} : { every: 3_000 }),
    },
  );
  const asked = route.value.query.get("batch");
  const failed = countsOf(task).failed;
  const list =
    route.value.query.get("list") ?? (asked !== null ? "batch" : failed ? "failed" : "all");
  /** @type {any[]} */
  const batches = query.data ?? [];
  const at = asked === null ? null : batches.findIndex((each) => each.index === Number(asked));
  const select = (/** @type {number | null} */ position) =>
    setQuery(
      {
        batch: position === null ? null : batches[position]?.index,
        list: position === null ? null : "batch",
      },
      { replace: true },
    );
  const tabs = [
    ["failed", "Failed only", whole(failed)],
    ["all", "All", whole(countsOf(task).total)],
    ...(at !== null && at >= 0 ? [["batch", `Batch ${asked}`]] : []),
  ];
  return html`<${Card}
      title="Batches"
      hint=${query.data ? counted(batches.length, "batch", "batches") : ""}
    >
      <${Shown} query=${query} rows=${3}
        >${() =>
          batches.length
            ? html`<${BatchGrid}
                batches=${batches}
                selected=${at === -1 ? null : at}
                onSelect=${select}
              />`
            : html`<${Empty} title="Not split into batches yet" />`}<//
      >
    <//>
    <${Card} title="Subtasks">
      <${Tabs}
        label="Subtasks"
        tabs=${tabs}
        value=${list}
        onChange=${(/** @type {string} */ value) => setQuery({ list: value }, { replace: true })}
      >
        ${list === "batch" && batches[at ?? -1] && html`<p class="muted">${describeOne(batches[at ?? 0])}</p>`}
        <${Subtasks}
          key=${`${list}${list === "batch" ? asked : ""}`}
          task=${task}
          list=${list}
          batch=${batches[at ?? -1]}
        />
      <//>
    <//>`;
}

/** @param {any} task @param {AbortSignal} signal */
async function allBatches(task, signal) {
  const found = [];
  let cursor = null;
  do {
    const page = await get(pathOf(task, "batches"), { signal, query: { cursor, limit: 1000 } });
    found.push(...page.batches);
    cursor = page.cursor;
  } while (cursor);
  return found;
}

/** @param {{task: any, list: string, batch?: any}} props */
function Subtasks({ task, list, batch }) {
  const [pages, setPages] = useState(1);
  const query = useQuery(
    [route.value.tenant, "subtasks", task.sk, list, batch?.index, pages],
    ({ signal }) => subtasks(task, list, batch, pages, signal),
    {
      live: !isFinal(task.status),
      keep: true,
      enabled: list !== "batch" || Boolean(batch),
    },
  );
  const isOpen = !isFinal(task.status);
  return html`<${Shown} query=${query} rows=${4}
    >${(/** @type {any} */ { items, more }) =>
      items.length
        ? html`<table class="table">
              <thead>
                <tr>
                  <th class="number">index</th>
                  <th>status</th>
                  <th class="number">attempts</th>
                  <th>error</th>
                  <th class="number">ran</th>
                  <th>ended</th>
                  <th></th>
                </tr>
              </thead>
              <tbody>
                ${items.map((/** @type {any} */ each) => html`<${SubtaskRow} key=${each.index} parent=${task} task=${each} isOpen=${isOpen} />`)}
              </tbody>
            </table>
            ${more && html`<${Button} small onClick=${() => setPages(pages + 1)}>More<//>`}`
        : html`<${Empty}
            title=${list === "failed" ? "No subtask has failed" : "No subtasks"}
          />`}<//
  >`;
}

/**
 * @param {any} task @param {string} list @param {any} batch @param {number} pages @param {AbortSignal} signal
 * @returns {Promise<{items: any[], more: boolean}>}
 */
async function subtasks(task, list, batch, pages, signal) {
  const items = [];
  let cursor = list === "batch" && batch.first ? String(batch.first) : null;
  for (let n = 0; n < pages; n += 1) {
    const left = list === "batch" ? batch.last + 1 - Number(cursor ?? 0) : LIST;
    const query = {
      cursor,
      limit: Math.min(left, list === "batch" ? 200 : LIST),
      ...(list === "failed" ? { status: "FAILED" } : {}),
    };
    const page = await get(pathOf(task, "subtasks"), { signal, query });
    items.push(...page.items);
    cursor = page.cursor;
    if (!cursor || (list === "batch" && Number(cursor) > batch.last)) return { items, more: false };
  }
  return { items, more: true };
}

/** @param {{parent: any, task: any, isOpen: boolean}} props */
function SubtaskRow({ parent, task, isOpen }) {
  const { error } = task.attributes ?? {};
  const to = href(
    "fan-out",
    [parent.type, parent.code, task.index],
    Object.fromEntries(route.value.query),
  );
  const mayRetry = mayWrite.value && !isOpen && RETRYABLE.has(task.status);
  const isShown = route.value.parts[2] === String(task.index);
  return html`<tr class=${isShown ? "chosen-row" : ""} aria-current=${isShown ? "true" : undefined}>
    <td class="number"><a href=${to}>${task.index}</a></td>
    <td><${StatusBadge} status=${task.status} /></td>
    <td class="number">${task.attempts || ""}</td>
    <td class="cut wide">${error ? html`<b>${error.type}</b> ${error.message}` : ""}</td>
    <td class="number">
      ${task.startedAt ? html`<${Duration} from=${task.startedAt} to=${task.finishedAt} />` : ""}
    </td>
    <td><${Time} at=${task.finishedAt ?? task.updatedAt} /></td>
    <td>
      ${mayRetry && html`<${Button} small icon="retry" label=${`Retry subtask ${task.index}`} onClick=${() => retryOne(parent, task.index)} />`}
    </td>
  </tr>`;
}

/** @param {any} parent @param {number} index */
async function retryOne(parent, index) {
  try {
    await post(
      of(
        route.value.tenant,
        "step-function-tasks",
        parent.type,
        parent.code,
        "subtasks",
        index,
        "retry",
      ),
    );
    toast(`Subtask ${index} runs again.`, { kind: "success" });
  } catch (error) {
    toast(/** @type {Error} */ (error).message, { kind: "error" });
  }
  await queries.invalidateQueries({
    predicate: (query) => query.queryKey[0] === route.value.tenant,
  });
  hurry();
}

/** @param {{parent: any, index: number}} props */
function Subtask({ parent, index }) {
  const key = { kind: "SFN_TASK", type: parent.type, code: parent.code, index };
  const query = useTask(key);
  const close = () =>
    go(href("fan-out", [parent.type, parent.code], Object.fromEntries(route.value.query)), {
      replace: true,
    });
  return html`<${Card}
    title=${`Subtask ${index}`}
    actions=${html`<${Button} small kind="ghost" icon="close" label="Close" onClick=${close} />`}
  >
    <${Shown} query=${query} rows=${4}
      >${(/** @type {any} */ task) =>
        html` <p class="chosen">
            <${StatusBadge} status=${task.status} />
            ${mayWrite.value && isFinal(parent.status) && RETRYABLE.has(task.status) && html`<${Button} small icon="retry" onClick=${() => retryOne(parent, index)}>Retry this one<//>`}
          </p>
          ${task.startedAt && html`<${Shares} totals=${waterfall(task, isFinal(task.status) ? 0 : now.value).totals} />`}
          <${Details} task=${task} />`}<//
    >
  <//>`;
}
