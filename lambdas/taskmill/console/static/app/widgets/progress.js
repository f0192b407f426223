// The progress of a task: a bar, and what it last reported.
import { html } from "../lib.js";
import { whole } from "../numbers.js";
import { StatusBadge } from "../parts/icons.js";
import { isFinal } from "../statuses.js";

const KNOWN = ["done", "total", "percent", "count", "expected"];

/**
 * What a task has reported, by `report_progress` or in its result.
 *
 * @param {any} task
 * @returns {{done: number, total: number, percent: number, others: [string, any][]}} NaN: not told.
 */
function progressOf({ attributes }) {
  const { progress, result, ...rest } = attributes ?? {};
  const told = { ...rest, ...(progress !== null && typeof progress === "object" ? progress : { percent: progress }), ...(result?.constructor === Object ? result : {}) };
  const number = (/** @type {string[]} */ ...names) => Number(names.map((name) => told[name]).find((each) => each !== undefined && Number.isFinite(Number(each))) ?? NaN);
  const [done, total] = [number("done", "processed", "acted"), number("total", "count", "expected")];
  const percent = number("percent");
  return { done, total, percent: Number.isNaN(percent) ? (100 * done) / total : percent, others: Object.entries(told).filter(([name, value]) => typeof value === "number" && !KNOWN.includes(name)) };
}

/** @param {{task: any}} props */
export function Progress({ task }) {
  const { done, total, percent, others } = progressOf(task);
  const isDone = task.status === "COMPLETED";
  const part = isDone ? 100 : Math.min(100, percent || 0);
  return html`<div class="progress">
    <svg class="segmented" height="8" width="100%" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(part)}>
      <rect class="part-running" width="100%" height="8" /><rect class=${task.status === "FAILED" ? "part-failed" : "part-completed"} width=${`${part}%`} height="8" /></svg>
    <p><${StatusBadge} status=${task.status} /> ${!Number.isNaN(done) && html`<b>${whole(done)}${!Number.isNaN(total) && ` of ${whole(total)}`}</b>`}
      ${!isFinal(task.status) && part > 0 && html`<span class="muted">${Math.round(part)} %</span>`}
      ${others.map(([name, value]) => html`<span class="muted">${name} ${whole(value)}</span>`)}</p></div>`;
}
