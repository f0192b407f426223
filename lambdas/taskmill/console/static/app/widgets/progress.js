// The progress of a task: a bar, and what it last reported.
import { html } from "../lib.js";
import { whole } from "../numbers.js";
import { StatusBadge } from "../parts/icons.js";
import { isFinal } from "../statuses.js";

/**
 * What a task has reported, as `ctx.progress` and the bulk task write it.
 *
 * @param {any} task
 * @returns {{done?: number, total?: number, percent?: number, others: [string, any][]}}
 */
export function progressOf(task) {
  const { progress, result, ...attributes } = task.attributes ?? {};
  const told =
    typeof progress === "object" && progress
      ? progress
      : { ...(typeof progress === "number" ? { percent: progress } : {}) };
  const all = {
    ...attributes,
    ...told,
    ...(result && typeof result === "object" && !Array.isArray(result) ? result : {}),
  };
  const number = (/** @type {string[]} */ ...names) =>
    names.map((name) => all[name]).find((each) => typeof each === "number");
  const done = number("done", "processed", "completed", "acted");
  const total = number("total", "count", "expected");
  const percent =
    number("percent") ?? (done !== undefined && total ? (done / total) * 100 : undefined);
  const others = Object.entries(all).filter(
    ([name, value]) =>
      typeof value === "number" && !["done", "total", "percent", "count"].includes(name),
  );
  return {
    others: /** @type {[string, any][]} */ (others),
    ...(done === undefined ? {} : { done }),
    ...(total === undefined ? {} : { total }),
    ...(percent === undefined ? {} : { percent }),
  };
}

/** @param {{task: any}} props */
export function Progress({ task }) {
  const { done, total, percent, others } = progressOf(task);
  const shown = task.status === "COMPLETED" ? 100 : Math.min(100, percent ?? 0);
  const isOpen = !isFinal(task.status);
  return html`<div class="progress">
    <svg
      class="segmented"
      height="8"
      width="100%"
      role="progressbar"
      aria-label="Progress"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(shown)}
    >
      <rect class="part-running" width="100%" height="8" />
      <rect
        class=${task.status === "FAILED" ? "part-failed" : "part-completed"}
        width=${`${shown}%`}
        height="8"
      />
    </svg>
    <p>
      <${StatusBadge} status=${task.status} />
      ${done !== undefined && html`<b>${whole(done)}</b>${total !== undefined && ` of ${whole(total)}`}`}
      ${percent !== undefined && isOpen && html` <span class="muted">${Math.round(shown)} %</span>`}
      ${others.filter(([name]) => !["processed", "completed"].includes(name)).map(([name, value]) => html` <span class="muted" key=${name}>${name} ${whole(value)}</span>`)}
    </p>
  </div>`;
}
