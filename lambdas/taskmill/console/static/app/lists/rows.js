// A row of a list of tasks or fan-outs, and the head above.
import { html } from "../lib.js";
import { valueOf, withTerm, writeFilter } from "../filter.js";
import { short, whole } from "../numbers.js";
import { Duration, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { href, taskHref } from "../router.js";
import { isFinal, word } from "../statuses.js";
import { duration, now, relative } from "../times.js";

/** @typedef {import("../filter.js").Term} Term */
/** @typedef {import("../api/types.d.ts").Task & {errorText?: string | null}} Row */

/** Columns of both lists: name for the styles, words. */
const COLUMNS = [
  ["status", "Status"],
  ["type", "Type"],
  ["code", "Code"],
  ["attempts", "Attempt"],
  ["age", "Created"],
  ["span", "Waited / ran"],
  ["note", "Error or progress"],
];

/** @param {{allChecked: boolean | "mixed", onAll: () => void, selectable: boolean, fanOuts: boolean}} props */
export function ListHead({ allChecked, onAll, selectable, fanOuts }) {
  return html`<div class="list-head" role="rowgroup">
    <div class="list-row is-head" role="row" aria-rowindex="1">
      <span class="cell check" role="columnheader">
        ${selectable
          ? html`<input
              type="checkbox"
              aria-label="Select the rows that are loaded"
              checked=${allChecked === true}
              indeterminate=${allChecked === "mixed"}
              onChange=${onAll}
            />`
          : html`<span class="hidden-text">Selection</span>`}
      </span>
      ${COLUMNS.map(
        ([name, text]) =>
          html`<span class=${`cell ${name}`} role="columnheader">
            ${fanOuts && name === "attempts" ? "Subtasks" : text}
          </span>`,
      )}
    </div>
  </div>`;
}

/**
 * @param {{row: Row, terms: Term[], page: string, selected: boolean, selectable: boolean,
 *   onSelect: (range: boolean) => void}} props
 */
export function TaskRow({ row, terms, page, selected, selectable, onSelect }) {
  const filter = (/** @type {string} */ field, /** @type {string} */ value) =>
    href(page, [], { q: writeFilter(withTerm(terms, { field, value })) });
  const click = (/** @type {MouseEvent} */ event) => onSelect(event.shiftKey);
  return html`<span class="cell check" role="gridcell">
      ${selectable &&
      html`<input
        type="checkbox"
        tabindex="-1"
        aria-label=${`Select ${row.type} ${row.code}`}
        checked=${selected}
        onClick=${click}
      />`}
    </span>
    <span class="cell status-cell" role="gridcell">
      <a class="quiet" href=${filter("status", word(row.status))} tabindex="-1">
        <${StatusBadge} status=${row.status} />
      </a>
    </span>
    <span class="cell type cut" role="gridcell">
      <a class="quiet" href=${filter("type", row.type)} title=${row.type} tabindex="-1">${row.type}</a>
      ${row.name && row.name !== row.type && html`<span class="muted" title=${row.name}> ${row.name}</span>`}
    </span>
    <span class="cell code cut mono" role="gridcell">
      <a href=${taskHref(row)} title=${row.code} tabindex="-1">
        ${row.code}${(row.index ?? null) !== null && ` #${row.index}`}
      </a>
    </span>
    <span class="cell attempts" role="gridcell">${steps(row)}</span>
    <span class="cell age" role="gridcell"><${Time} at=${row.createdAt ?? row.finishedAt} /></span>
    <span class="cell span" role="gridcell"><${Span} row=${row} /></span>
    <span class="cell note cut" role="gridcell"><${Note} row=${row} filter=${filter} off=${valueOf(terms, "error")} /></span>`;
}

/** @param {Row} row */
function steps(row) {
  if (row.kind === "SFN_TASK") return short(row.childCount);
  if (!row.attempts) return "";
  return row.maxAttempts ? `${row.attempts}/${row.maxAttempts}` : String(row.attempts);
}

/**
 * How long it waited and ran, as two bars of one line and in words.
 *
 * @param {{row: Row}} props
 */
function Span({ row }) {
  const created = Date.parse(row.runAt ?? row.createdAt ?? "");
  if (Number.isNaN(created)) return null;
  const started = row.startedAt ? Date.parse(row.startedAt) : null;
  const end = row.finishedAt ? Date.parse(row.finishedAt) : isFinal(row.status) ? null : now.value;
  if (end === null || (started === null && isFinal(row.status))) return null;
  const waited = Math.max(0, (started ?? end) - created);
  const ran = started === null ? 0 : Math.max(0, end - started);
  const all = Math.max(1, waited + ran);
  const told = `waited ${duration(waited)}${started === null ? "" : `, ran ${duration(ran)}`}`;
  return html`<span class="span-bar" title=${told} aria-hidden="true">
      <span class="span-wait" style=${{ width: `${(100 * waited) / all}%` }}></span>
      <span class="span-run" style=${{ width: `${(100 * ran) / all}%` }}></span>
    </span>
    <span class="hidden-text">${told}</span>
    <span class="span-text" aria-hidden="true"><${Duration} ms=${started === null ? waited : ran} /></span>`;
}

/** @param {{row: Row, filter: (field: string, value: string) => string, off: string | undefined}} props */
function Note({ row, filter, off }) {
  const { error, counts } = /** @type {Record<string, any>} */ (row.attributes ?? {});
  if (row.status === "ERRORED" && row.retryAt) return html`<span class="muted">retry ${relative(row.retryAt)} · </span>${errorText(row)}`;
  if (row.unreadable) return html`<span class="is-failed">unreadable: ${row.unreadable}</span>`;
  if (row.kind === "SFN_TASK" && row.status !== "FAILED") return progress(row, counts);
  const text = row.errorText ?? (error && errorText(row));
  if (!text) return null;
  const value = row.fingerprint ?? error?.type;
  if (!value || off) return html`<span title=${text}>${text}</span>`;
  return html`<a class="quiet" href=${filter("error", value)} title=${text} tabindex="-1">${text}</a>`;
}

/** @param {Row} row */
function errorText(row) {
  const { type, message } = /** @type {Record<string, any>} */ (row.attributes?.error ?? {});
  return row.errorText ?? [type, message].filter(Boolean).join(": ");
}

/**
 * @param {Row} row
 * @param {Record<string, any> | undefined} counts
 */
function progress(row, counts) {
  if (!counts) return null;
  const [completed, failed] = [Number(counts.completed ?? 0), Number(counts.failed ?? 0)];
  return html`<span class="muted"
    >${whole(completed)} completed${failed ? html`, <span class="is-failed">${whole(failed)} failed</span>` : ""}</span
  >`;
}
