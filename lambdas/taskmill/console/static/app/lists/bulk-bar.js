// What can be done with the selected rows, and with all that match the filter.
import { html } from "../lib.js";
import { act, bulk } from "../actions.js";
import { totals, useStatistics } from "../api/statistics.js";
import { writeFilter } from "../filter.js";
import { counted, whole } from "../numbers.js";
import { Button } from "../parts/basics.js";
import { has, mayWrite } from "../session.js";
import { RETRYABLE, isFinal } from "../statuses.js";
import { isFingerprint } from "./sources.js";

/**
 * @param {{selection: import("./selection.js").Selection, wanted: import("../filter.js").Wanted,
 *   terms: import("../filter.js").Term[], folder: string}} props
 */
export function BulkBar({ selection, wanted, terms, folder }) {
  const statistics = useStatistics().data;
  const rows = [...selection.rows.value.values()];
  if (!mayWrite.value || !rows.length) return null;
  const retryable = rows.filter(({ status }) => RETRYABLE.has(status));
  const open = rows.filter(({ status }) => !isFinal(status));
  const filter = bulkFilter(wanted);
  const matching = countOf(statistics, wanted);
  const what = writeFilter(terms) || (folder === "tasks" ? "all tasks" : "all fan-outs");
  const some = (/** @type {"retry" | "cancel"} */ action, /** @type {any[]} */ chosen) => () =>
    void onSome(action, chosen, selection);
  const all = (/** @type {"retry" | "cancel"} */ action) => () => {
    bulk.value = { action, filter: filter ?? {}, what };
  };
  const allButton = (/** @type {"retry" | "cancel"} */ action, /** @type {string} */ word) =>
    filter &&
    html`<${Button} kind=${action === "cancel" ? "danger" : "plain"} onClick=${all(action)}>
      ${word} all ${matching === null ? "" : whole(matching)} that match
    <//>`;
  return html`<div class="bulk-bar" role="region" aria-label="Selected rows">
    <strong>${counted(rows.length, "row")} selected</strong>
    <${Button} kind="primary" icon="retry" disabled=${!retryable.length} onClick=${some("retry", retryable)}>
      Retry ${retryable.length || ""}
    <//>
    ${wanted.status?.some((each) => RETRYABLE.has(each)) && allButton("retry", "Retry")}
    <${Button} kind="danger" icon="stop" disabled=${!open.length} onClick=${some("cancel", open)}>
      Cancel ${open.length || ""}
    <//>
    ${wanted.status?.every((each) => !isFinal(each)) && allButton("cancel", "Cancel")}
    <span class="spring"></span>
    <${Button} kind="ghost" onClick=${() => selection.clear()}>Clear<//>
  </div>`;
}

/**
 * One by itself; several by the dialog, as one operation of the server.
 *
 * @param {"retry" | "cancel"} action
 * @param {any[]} rows
 * @param {import("./selection.js").Selection} selection
 */
async function onSome(action, rows, selection) {
  if (rows.length === 1 || !has("bulk")) {
    for (const row of rows) await act(action, row);
    selection.clear();
    return;
  }
  const keys = rows.map(({ pk, sk }) => ({ pk, sk }));
  bulk.value = { action, keys, what: counted(rows.length, "selected task") };
}

/**
 * The filter as `POST /bulk` takes it; null where it cannot say the same.
 *
 * @param {import("../filter.js").Wanted} wanted
 */
export function bulkFilter({ type, status, createdAfter, createdBefore, codePrefix, error, faults }) {
  if (!has("bulk") || codePrefix || faults.length || (error && !isFingerprint(error))) return null;
  return {
    ...(type ? { type } : {}),
    ...(status ? { status } : {}),
    ...(error ? { fingerprint: error } : {}),
    ...(createdAfter ? { createdAfter } : {}),
    ...(createdBefore ? { createdBefore } : {}),
  };
}

/**
 * How many tasks match, where the statistics can tell.
 *
 * @param {import("../api/statistics.js").Statistics | undefined} statistics
 * @param {import("../filter.js").Wanted} wanted
 */
function countOf(statistics, { type, status, createdAfter, createdBefore, error }) {
  if (!statistics || createdAfter || createdBefore || error || !status) return null;
  const sums = totals(statistics, type);
  return status.reduce((sum, each) => sum + (sums[each] ?? 0), 0);
}
