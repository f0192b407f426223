// The list of tasks or fan-outs: filter, rows, selection, keys. The address holds all of it.
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../lib.js";
import { act } from "../actions.js";
import { announce } from "../announce.js";
import { totals, useStatistics } from "../api/statistics.js";
import { parseFilter, wantedBy } from "../filter.js";
import { useShortcuts } from "../keyboard.js";
import { counted, whole } from "../numbers.js";
import { Button, PageHead } from "../parts/basics.js";
import { Empty, ErrorState, Loading } from "../parts/states.js";
import { go, route, setQuery, taskHref } from "../router.js";
import { mayWrite } from "../session.js";
import { RETRYABLE, isFinal } from "../statuses.js";
import { BulkBar } from "./bulk-bar.js";
import { Export } from "./export.js";
import { FilterBar } from "./filter-bar.js";
import { usePatches } from "./patching.js";
import { ListHead, TaskRow } from "./rows.js";
import { Selection } from "./selection.js";
import { listOf } from "./sources.js";
import { VirtualList } from "./virtual-list.js";

/** @param {{page: string, folder: "tasks" | "step-function-tasks", title: string}} props */
export function TaskList({ page, folder, title }) {
  const { tenant, query } = route.value;
  const q = query.get("q") ?? "";
  const terms = useMemo(() => parseFilter(q), [q]);
  const wanted = useMemo(() => wantedBy(terms, Date.now()), [terms]);
  const list = useMemo(
    () => listOf(tenant, folder, q, (at) => wantedBy(terms, at)),
    [tenant, folder, q],
  );
  const selection = useMemo(() => new Selection(), [list]);
  useEffect(() => () => selection.clear(), [selection]);
  useEffect(() => {
    if (!list.rows.readAt && !list.rows.loading) void list.rows.more();
  }, [list]);
  const { rows } = list;
  void rows.version.value;
  const fresh = useFresh(list, wanted);
  const reload = () => {
    selection.clear();
    fresh.reset();
    void rows.restart();
  };
  return html`<div class="list-page">
    <${PageHead} title=${title} hint=${hint(rows)}>
      ${fresh.count > 0 &&
      html`<${Button} kind="primary" icon="up" onClick=${reload}>${whole(fresh.count)} new<//>`}
      <${Button} icon="retry" label="Read again" onClick=${reload} disabled=${rows.loading} />
      <${Export} key=${tenant} tenant=${tenant} folder=${folder} wanted=${wanted} />
    <//>
    <${FilterBar}
      terms=${terms}
      faults=${wanted.faults}
      onChange=${(/** @type {string} */ next) => setQuery({ q: next })}
    />
    <${Rows} key=${`${tenant}${q}`} list=${list} terms=${terms} page=${page} selection=${selection} tenant=${tenant} />
    <${BulkBar} selection=${selection} wanted=${wanted} terms=${terms} folder=${folder} />
  </div>`;
}

/** @param {import("./paged-rows.js").PagedRows} rows */
function hint(rows) {
  if (!rows.count) return rows.loading ? "Reading" : "";
  return rows.done ? counted(rows.count, "row") : `${whole(rows.count)} rows read, more follow`;
}

/**
 * How many rows the statistics know beyond those that were there when the list was read.
 *
 * @param {import("./sources.js").List} list
 * @param {import("../filter.js").Wanted} wanted
 */
function useFresh(list, { type, status, createdBefore, codePrefix, error }) {
  const statistics = useStatistics().data;
  const sums = totals(statistics, type);
  const total = statistics
    ? Object.entries(sums).reduce((sum, [name, n]) => sum + (!status || status.includes(name) ? n : 0), 0)
    : null;
  if (list.total === null && list.rows.readAt) list.total = total;
  const isKnown = total !== null && list.total !== null && !createdBefore && !codePrefix && !error;
  const count = isKnown ? Math.max(0, Number(total) - Number(list.total)) : 0;
  useEffect(() => {
    if (count) announce(`${counted(count, "new task")}`);
  }, [count]);
  return { count, reset: () => (list.total = null) };
}

/**
 * @param {{list: import("./sources.js").List, terms: import("../filter.js").Term[], page: string,
 *   selection: Selection, tenant: string}} props
 */
function Rows({ list, terms, page, selection, tenant }) {
  const { rows } = list;
  void rows.version.value;
  const [cursor, draw] = useState(-1);
  const at = useRef(-1); // the cursor before it is drawn, for keys that follow at once
  const setCursor = (/** @type {number} */ index) => draw((at.current = index));
  const range = useRef(/** @type {[number, number]} */ ([0, -1]));
  usePatches(rows, range, tenant);
  const selectable = mayWrite.value;
  const chosen = selection.rows.value;
  useListKeys({ rows, at, setCursor, selection });
  const onRange = useCallback(
    (/** @type {number} */ first, /** @type {number} */ last) => {
      range.current = [first, last];
      rows.show(first, last);
    },
    [rows],
  );
  const onAll = () => (chosen.size ? selection.clear() : selection.add(loadedRows(rows)));
  if (!rows.count && rows.error) return html`<${ErrorState} error=${rows.error} retry=${() => rows.restart()} />`;
  if (!rows.count && (rows.loading || !rows.readAt)) return html`<${Loading} rows=${12} />`;
  if (!rows.count) return html`<${NoRows} rows=${rows} terms=${terms} />`;
  return html`<${VirtualList}
    label=${page === "tasks" ? "Tasks" : "Fan-outs"}
    count=${rows.count}
    cursor=${cursor}
    onRange=${onRange}
    memory=${list}
    head=${html`<${ListHead}
      selectable=${selectable}
      fanOuts=${page === "fan-outs"}
      allChecked=${chosen.size === 0 ? false : chosen.size >= rows.count ? true : "mixed"}
      onAll=${onAll}
    />`}
    foot=${html`<${Foot} rows=${rows} />`}
    attributes=${(/** @type {number} */ index) => {
      const row = rows.row(index);
      return {
        tabindex: index === Math.max(0, cursor) ? 0 : -1,
        "data-cursor": index === cursor,
        "data-index": index,
        "aria-selected": Boolean(row && selection.has(row)),
        onFocus: () => index !== cursor && setCursor(index),
      };
    }}
    render=${(/** @type {number} */ index) => {
      const row = rows.row(index);
      if (!row) return html`<span class="cell" role="gridcell"><span class="skeleton"></span></span>`;
      return html`<${TaskRow}
        row=${row}
        terms=${terms}
        page=${page}
        selectable=${selectable}
        selected=${selection.has(row)}
        onSelect=${(/** @type {boolean} */ isRange) => select(selection, rows, index, isRange)}
      />`;
    }}
  />`;
}

/**
 * @param {Selection} selection
 * @param {import("./paged-rows.js").PagedRows} rows
 * @param {number} index
 * @param {boolean} isRange Up to the row that was chosen before.
 */
function select(selection, rows, index, isRange) {
  const from = selection.last;
  if (!isRange || from < 0) return selection.toggle(rows.row(index), index);
  const [low, high] = [Math.min(from, index), Math.max(from, index)];
  const all = Array.from({ length: high - low + 1 }, (_, at) => rows.row(low + at));
  selection.add(all.filter(Boolean));
  return undefined;
}

/** @param {import("./paged-rows.js").PagedRows} rows */
function loadedRows(rows) {
  return rows.pages.flatMap((each) => each.rows ?? []);
}

/** @param {{rows: import("./paged-rows.js").PagedRows}} props */
function Foot({ rows }) {
  if (rows.error)
    return html`<p class="list-foot" role="alert">
      ${rows.error.message} <${Button} small onClick=${() => rows.more()}>Try again<//>
    </p>`;
  if (rows.loading) return html`<p class="list-foot muted">Reading more</p>`;
  if (rows.rested) return html`<p class="list-foot"><${More} rows=${rows} /></p>`;
  return null;
}

/** @param {{rows: import("./paged-rows.js").PagedRows}} props */
function More({ rows }) {
  return html`<${Button} small onClick=${() => rows.more()}>Search on<//>`;
}

/** @param {{rows: import("./paged-rows.js").PagedRows, terms: any[]}} props */
function NoRows({ rows, terms }) {
  if (!rows.done)
    return html`<${Empty} title="Nothing found so far"><${More} rows=${rows} /><//>`;
  if (!terms.length)
    return html`<${Empty} title="No tasks yet">Submit one: <code>taskmill submit TYPE INPUT</code><//>`;
  return html`<${Empty} title="Nothing matches the filter">
    <${Button} onClick=${() => setQuery({ q: "" })}>Clear the filter<//>
  <//>`;
}

/**
 * @param {{rows: import("./paged-rows.js").PagedRows, at: {current: number},
 *   setCursor: (index: number) => void, selection: Selection}} props at: of the cursor.
 */
function useListKeys({ rows, at, setCursor, selection }) {
  const move = (/** @type {number} */ to) => {
    const index = Math.max(0, Math.min(rows.count - 1, to));
    setCursor(index);
    requestAnimationFrame(() => focusRow(index));
  };
  const one = (/** @type {"retry" | "cancel"} */ action) => async () => {
    const row = rows.row(at.current);
    const fits = row && (action === "retry" ? RETRYABLE.has(row.status) : !isFinal(row.status));
    if (!fits || !mayWrite.peek()) return;
    const after = await act(action, row);
    if (after) rows.patch([after]);
  };
  const group = "List";
  /** @type {import("../keyboard.js").Shortcut[]} */
  const keys = [
    { keys: "j", label: "Next row", group, run: () => move(at.current + 1) },
    { keys: "k", label: "Previous row", group, run: () => move(at.current - 1) },
    { keys: "Enter", label: "Open the row", group, run: () => open(rows.row(at.current)) },
    { keys: "Escape", label: "Clear the selection", group, run: () => selection.clear() },
  ];
  const writing = [
    {
      keys: "x",
      label: "Select the row",
      group,
      run: () => rows.row(at.current) && selection.toggle(rows.row(at.current), at.current),
    },
    { keys: "r", label: "Retry the row's task", group, run: one("retry") },
    { keys: "c", label: "Cancel the row's task", group, run: one("cancel") },
  ];
  useShortcuts(mayWrite.value ? [...keys, ...writing] : keys, [rows, selection, mayWrite.value]);
}

/** @param {any} row */
function open(row) {
  if (row && !document.activeElement?.matches("a, button")) go(taskHref(row));
}

/** Not away from what was opened since the key. @param {number} index */
function focusRow(index) {
  if (document.activeElement?.closest("input[type=text], dialog, [role=menu]")) return;
  /** @type {HTMLElement | null} */
  const element = document.querySelector(`.list-row[data-index="${index}"]`);
  element?.focus({ preventScroll: true });
}
