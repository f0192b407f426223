// The page of a fan-out: one segmented bar, its batches as one picture, and the subtasks behind it.
import { of, post } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { counted, whole } from "../numbers.js";
import { Button, Card, Duration, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { Empty } from "../parts/states.js";
import { go, href, route, setQuery } from "../router.js";
import { has, mayWrite } from "../session.js";
import { RETRYABLE, isFinal, mayBeRetried } from "../statuses.js";
import { describeOne, sizeOf, toleranceOf } from "../models/batches.js";
import { BatchGrid } from "../widgets/batch-grid.js";
import { attempt, each, listed, moreButton, shown, table } from "../widgets/short.js";
import { Tabs } from "../widgets/tabs.js";
import { Shares, lifeOf } from "../widgets/waterfall-view.js";
import { TaskHead } from "./task-head.js";
import { Details } from "./task-details.js";
import { pathOf, useTask } from "./task-data.js";

const LIST = 50; // subtasks read at once
/** @type {[string, string][]} */
const PARTS = [["completed", "completed"], ["failed", "failed"], ["cancelled", "cancelled"], ["running", "to go"]];

export default function FanOutPage() {
  const [type = "", code = "", index] = route.value.parts;
  return shown(useTask({ kind: "SFN_TASK", type, code }), (task) => html`<article class="task-page">
    <${TaskHead} task=${task} />
    <${Summary} task=${task} />
    <div class="fan-columns">
      <div class="fan-main">${has("batches") && html`<${Batches} task=${task} />`}<${Subtasks} task=${task} /></div>
      <div class="fan-side">${index === undefined ? html`<${Card} title="This fan-out"><${Details} task=${task} /><//>` : html`<${Subtask} key=${index} parent=${task} index=${Number(index)} />`}</div>
    </div></article>`, 8);
}

/** Counts as one bar. @param {{task: any}} props */
function Summary({ task }) {
  const counts = countsOf(task);
  const { total = 0, failed = 0 } = counts;
  const tolerated = toleranceOf(task.toleratedFailures, total, failed);
  let x = 0;
  return html`<section class="task-summary fan-summary" aria-label="Subtasks by outcome">
    <svg class="segmented" height="14" width="100%" role="img" aria-label=${PARTS.map(([name, word]) => `${counts[name]} ${word}`).join(", ")}>
      ${PARTS.filter(([name]) => counts[name]).map(([name]) => {
        const width = Math.max(0.4, ((counts[name] ?? 0) / total) * 100);
        x += width;
        return html`<rect class=${`part-${name}`} x=${`${x - width}%`} width=${`${width}%`} height="14" />`;
      })}</svg>
    <dl class="facts-row">
      <div><dt>subtasks</dt><dd>${whole(total)}</dd></div>
      ${PARTS.map(([name, word]) => html`<div><dt><i class=${`swatch part-${name}`} aria-hidden="true"></i>${word}</dt><dd>${whole(counts[name])} <span class="muted">${share(counts[name] ?? 0, total)}</span></dd></div>`)}
      <div><dt>tolerated failures</dt><dd>${tolerated
        ? html`${whole(tolerated.allowed)} <span class=${tolerated.exceeded ? "danger-text" : "muted"}>${tolerated.exceeded ? "exceeded" : `${whole(tolerated.left)} left`}</span>`
        : "none"}</dd></div>
      <div><dt>took</dt><dd><${Duration} ms=${lifeOf(task).totals.total} /></dd></div></dl></section>`;
}

/** @param {any} task @returns {Record<string, number>} */
function countsOf(task) {
  const { total = task.childCount ?? 0, completed = 0, failed = 0, cancelled = 0 } = task.attributes?.counts ?? {};
  return { total, completed, failed, cancelled, running: Math.max(0, total - completed - failed - cancelled) };
}

/** @param {number} part @param {number} all */
function share(part, all) {
  if (!all || !part) return "";
  const percent = (part / all) * 100;
  return percent < 0.1 ? "< 0.1 %" : percent > 99.9 && part < all ? "> 99.9 %" : `${percent < 10 || (percent > 99 && part < all) ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** All batches, at most 5,000. @param {any} task */
function useBatches(task) {
  const open = !isFinal(task.status);
  return useQuery([route.value.tenant, "batches", task.sk, open ? 0 : task.version], ({ signal }) => listed(pathOf(task, "batches"), 99, {}, signal, "batches"), {
    live: open, keep: true, enabled: has("batches"), ...(open ? { every: 3_000 } : {}),
  });
}

/** @param {{task: any}} props */
function Batches({ task }) {
  const query = useBatches(task);
  const asked = route.value.query.get("batch");
  return html`<${Card} title="Batches" hint=${query.data && counted(query.data.items.length, "batch", "batches")}>
    ${shown(query, ({ items }) => {
      const at = items.findIndex((/** @type {any} */ one) => String(one.index) === asked);
      const select = (/** @type {number} */ position) => setQuery({ batch: items[position]?.index, list: "batch" }, { replace: true });
      return items.length ? html`<${BatchGrid} batches=${items} selected=${at < 0 ? null : at} onSelect=${select} />` : html`<${Empty} title="Not split into batches yet" />`;
    }, 3)}<//>`;
}

/** @param {{task: any}} props */
function Subtasks({ task }) {
  const { tenant, query: address } = route.value;
  const [pages, setPages] = useState(1);
  const asked = address.get("batch");
  const batch = useBatches(task).data?.items.find((/** @type {any} */ one) => String(one.index) === asked);
  const { total, failed } = countsOf(task);
  const list = address.get("list") ?? (failed ? "failed" : "all");
  const range = list !== "batch" ? { limit: LIST, ...(list === "failed" ? { status: "FAILED" } : {}) } : batch && { cursor: batch.first || null, limit: sizeOf(batch) };
  const query = useQuery([tenant, "subtasks", task.sk, list, batch?.index, pages], ({ signal }) => listed(pathOf(task, "subtasks"), list === "batch" ? 1 : pages, range, signal), {
    live: !isFinal(task.status), keep: true, enabled: Boolean(range),
  });
  const tabs = [["failed", "Failed only", whole(failed)], ["all", "All", whole(total)], ...(asked === null ? [] : [["batch", `Batch ${asked}`]])];
  return html`<${Card} title="Subtasks"><${Tabs} label="Subtasks" tabs=${tabs} value=${list} onChange=${(/** @type {string} */ value) => setQuery({ list: value }, { replace: true })}>
    ${list === "batch" && batch && html`<p class="muted">${describeOne(batch)}</p>`}
    ${shown(query, ({ items, cursor }) => items.length
      ? html`${table(["#index", "status", "#attempts", "error", "ended", ""], each(items, (one) => html`<${SubtaskRow} key=${one.index} parent=${task} task=${one} />`))}
        ${list !== "batch" && moreButton(cursor, () => setPages(pages + 1))}`
      : html`<${Empty} title=${list === "failed" ? "No subtask has failed" : "No subtasks"} />`, 4)}<//><//>`;
}

/** @param {any} props */
function SubtaskRow({ parent, task }) {
  const { index, status, attempts, attributes, finishedAt, updatedAt } = task;
  const { error } = attributes ?? {};
  const { parts, query } = route.value;
  const isShown = parts[2] === String(index);
  return html`<tr class=${isShown ? "at-row" : ""} aria-current=${isShown ? "true" : undefined}>
    <td class="number"><a href=${href("fan-out", [parent.type, parent.code, index], Object.fromEntries(query))}>${index}</a></td><td><${StatusBadge} status=${status} /></td>
    <td class="number">${attempts || ""}</td><td class="cut wide">${error && html`<b>${error.type}</b> ${error.message}`}</td>
    <td><${Time} at=${finishedAt ?? updatedAt} /></td><td class="row-actions"><${RetryOne} parent=${parent} task=${task} icon /></td></tr>`;
}

/** @param {any} props */
function RetryOne({ parent, task, icon = false }) {
  const { index, status } = task;
  if (!mayWrite.value || !has("subtask-retry") || !mayBeRetried(parent) || !RETRYABLE.has(status)) return null;
  const retry = () => post(of(route.value.tenant, "step-function-tasks", parent.type, parent.code, "subtasks", index, "retry"));
  return html`<${Button} small icon="retry" label=${icon ? `Retry subtask ${index}` : undefined} onClick=${() => attempt(retry, `Subtask ${index} runs again.`)}>${!icon && "Retry this one"}<//>`;
}

/** @param {{parent: any, index: number}} props */
function Subtask({ parent, index }) {
  const { type, code } = parent;
  const query = useTask({ kind: "SFN_TASK", type, code, index });
  const close = () => go(href("fan-out", [type, code], Object.fromEntries(route.value.query)), { replace: true });
  return html`<${Card} title=${`Subtask ${index}`} actions=${html`<${Button} small kind="ghost" icon="close" label="Close" onClick=${close} />`}>
    ${shown(query, (task) => html`<p class="chosen"><${StatusBadge} status=${task.status} /> <${RetryOne} parent=${parent} task=${task} /></p>
      ${task.startedAt && html`<${Shares} totals=${lifeOf(task).totals} />`}<${Details} task=${task} />`, 4)}<//>`;
}
