// The page of a task: its tree and its waterfall on the same rows, and the details of one row.
import { post, get, of } from "../api/client.js";
import { beats } from "../api/live.js";
import { html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, route, setQuery } from "../router.js";
import { isFinal } from "../statuses.js";
import { now } from "../times.js";
import {
  idOf,
  mayUnfold,
  newTree,
  partsOf,
  rowsOf,
  withOpen,
  withPage,
  withTasks,
} from "../models/tree.js";
import { waterfall } from "../models/waterfall.js";
import { Bar, Ruler, Shares } from "../widgets/waterfall-view.js";
import { Split } from "../widgets/split.js";
import { TaskHead } from "./task-head.js";
import { Details } from "./task-details.js";
import { hrefOfId, pathOf, useTask } from "./task-data.js";

const PAGE = 200; // descendants read at once
const LOOKUP = 100; // keys of one lookup

export default function TaskPage() {
  const [type = "", code = ""] = route.value.parts;
  const query = useTask({ kind: "TASK", type, code });
  return html`<${Shown} query=${query} rows=${8}
    >${(/** @type {any} */ task) => html`<${Task} key=${idOf(task)} task=${task} />`}<//
  >`;
}

/** @param {{task: any}} props */
function Task({ task }) {
  const { tree, unfold, more } = useTree(task);
  const selected = route.value.query.get("at") || idOf(task);
  const rows = rowsOf(tree);
  const select = (/** @type {string} */ id) =>
    setQuery({ at: id === idOf(task) ? null : id }, { replace: true });
  useTaskKeys(task, rows, selected, select, tree, unfold);
  return html`<article class="task-page">
    <${TaskHead} task=${task} />
    <${Summary} task=${task} />
    <${Split}
      name="task"
      first=${html`<${Rows} ...${{ tree, rows, selected, select, unfold, more }} />`}
      second=${html`<${Chosen} key=${selected} id=${selected} root=${task} />`}
    />
  </article>`;
}

/** @param {{task: any}} props */
function Summary({ task }) {
  const life = waterfall(task, isFinal(task.status) ? 0 : now.value);
  return html`<section class="task-summary" aria-label="Time of this task">
    <${Shares} totals=${life.totals} />
  </section>`;
}

/**
 * The tree in view, read as far as it is unfolded.
 *
 * @param {any} task
 */
function useTree(task) {
  const [tree, setTree] = useState(() => newTree(task));
  const latest = useRef(tree);
  latest.current = tree;
  const update = (
    /** @type {(tree: import("../models/tree.js").Tree) => import("../models/tree.js").Tree} */ change,
  ) => {
    latest.current = change(latest.current);
    setTree(latest.current);
  };
  const read = async (/** @type {string} */ id, /** @type {string | null} */ cursor) => {
    try {
      const page = await descendants(id, cursor);
      update((before) => withPage(before, id, page.nodes, page.cursor));
    } catch (error) {
      toast(String(/** @type {Error} */ (error).message), { kind: "error" });
    }
  };
  useEffect(() => update((before) => withTasks(before, [task])), [task]);
  useEffect(() => void read(idOf(task), null), [task.childCount, task.status]);
  useEffect(
    () =>
      void refresh(latest.current).then(
        (tasks) => tasks.length && update((before) => withTasks(before, tasks)),
      ),
    [beats.value],
  );
  const unfold = (/** @type {string} */ id, /** @type {boolean} */ open) => {
    const node = latest.current.nodes.get(id);
    if (open && node && !node.read) void read(id, null);
    else update((before) => withOpen(before, id, open));
  };
  const more = (/** @type {string} */ id) => void read(id, tree.nodes.get(id)?.cursor ?? null);
  return { tree, unfold, more };
}

/**
 * A page of the tasks that a task has started, children and callbacks.
 *
 * @param {string} id
 * @param {string | null} cursor
 * @returns {Promise<{nodes: any[], cursor: string | null}>}
 */
async function descendants(id, cursor) {
  const key = /** @type {any} */ (partsOf(id));
  try {
    const page = await get(pathOf(key, "tree"), { query: { depth: 1, limit: PAGE, cursor } });
    return { nodes: page.nodes ?? page.items ?? [], cursor: page.cursor ?? null };
  } catch (error) {
    if (/** @type {any} */ (error).kind !== "old") throw error;
    const page = await get(pathOf(key, "children"), { query: { limit: PAGE, cursor } });
    return { nodes: page.items, cursor: page.cursor ?? null };
  }
}

/** @param {import("../models/tree.js").Tree} tree @returns {Promise<any[]>} Rows that have changed. */
async function refresh(tree) {
  const open = rowsOf(tree)
    .flatMap(({ node }) =>
      node && node.id !== tree.root && !isFinal(node.task.status)
        ? [/** @type {any} */ (node.task)]
        : [],
    )
    .slice(0, LOOKUP);
  if (!open.length) return [];
  try {
    const body = {
      keys: open.map(({ pk, sk }) => ({ pk, sk })),
      versions: open.map(({ version }) => version ?? null),
    };
    return (await post(of(route.value.tenant, "lookup"), body)).items ?? [];
  } catch {
    return []; // the beacon tells of trouble
  }
}

/**
 * @param {{tree: import("../models/tree.js").Tree, rows: import("../models/tree.js").TreeRow[], selected: string,
 *   select: (id: string) => void, unfold: (id: string, open: boolean) => void, more: (id: string) => void}} props
 */
function Rows({ tree, rows, selected, select, unfold, more }) {
  const tasks = rows.flatMap(({ node }) => (node ? [node.task] : []));
  const lives = new Map(
    tasks.map((task) => [
      idOf(task),
      waterfall(
        task,
        isFinal(task.status)
          ? Date.parse(/** @type {any} */ (task).finishedAt ?? "") || 0
          : now.value,
      ),
    ]),
  );
  const all = [...lives.values()];
  const start = Math.min(...all.map((life) => life.start));
  const span = Math.max(...all.map((life) => life.end)) - start;
  return html`<div class="tree" role="treegrid" aria-label="Tasks that it started, and their time">
    <div class="tree-head" role="row">
      <span role="columnheader">task</span
      ><span role="columnheader"
        ><span class="hidden-text">time</span><${Ruler} span=${span}
      /></span>
    </div>
    ${rows.map((row) =>
      row.node
        ? html`<${TreeRow}
            key=${row.id}
            row=${row}
            life=${lives.get(row.id)}
            start=${start}
            span=${span}
            isSelected=${row.id === selected}
            select=${select}
            unfold=${unfold}
          />`
        : html`<div
            class="tree-row"
            role="row"
            key=${`more ${row.id}`}
            style=${{ "--depth": row.depth }}
          >
            <span role="gridcell" class="tree-name">
              <button type="button" class="button ghost small" onClick=${() => more(row.id)}>
                ${row.more > 0 ? `${row.more.toLocaleString("en")} more` : "more"}
              </button></span
            >
          </div>`,
    )}
    ${rows.length === 1 && tree.nodes.get(tree.root)?.read && html`<p class="muted tree-note">It has started no other tasks.</p>`}
  </div>`;
}

/** @param {any} props */
function TreeRow({ row, life, start, span, isSelected, select, unfold }) {
  const { node } = row;
  const { task } = node;
  const folds = mayUnfold(node);
  return html`<div
    class="tree-row"
    role="row"
    aria-level=${row.depth + 1}
    aria-selected=${isSelected}
    aria-expanded=${folds ? node.open : undefined}
    style=${{ "--depth": row.depth }}
    onClick=${() => select(row.id)}
  >
    <span role="gridcell" class="tree-name">
      ${
        folds
          ? html`<button
              type="button"
              class="fold"
              aria-label=${`${node.open ? "Fold" : "Unfold"} ${task.type}`}
              onClick=${(/** @type {Event} */ event) => {
                event.stopPropagation();
                unfold(row.id, !node.open);
              }}
            >
              ${node.open ? "▾" : "▸"}
            </button>`
          : html`<span class="fold"></span>`
      }
      <${StatusBadge} status=${task.status} iconOnly />
      <button type="button" class="tree-button cut" onClick=${() => select(row.id)}>
        ${task.type}<span class="faint"> ${task.code}</span>
      </button>
      ${task.kind === "SFN_TASK" && html`<span class="tag">${(task.childCount ?? 0).toLocaleString("en")} subtasks</span>`}
    </span>
    <span role="gridcell" class="tree-bar"
      ><${Bar} segments=${life.segments} start=${start} span=${span}
    /></span>
  </div>`;
}

/** @param {{id: string, root: any}} props */
function Chosen({ id, root }) {
  const isRoot = id === idOf(root);
  const key = useMemo(() => /** @type {any} */ (partsOf(id)), [id]);
  const query = useTask(key, !isRoot);
  if (isRoot) return html`<${Details} task=${root} />`;
  return html`<${Shown} query=${query} rows=${4}
    >${(/** @type {any} */ task) =>
      html` <p class="chosen">
          <${StatusBadge} status=${task.status} />
          <a href=${hrefOfId(id)}>${task.type} ${task.code}</a> <${Time} at=${task.createdAt} />
        </p>
        <${Details} task=${task} />`}<//
  >`;
}

/** Keys of this page. @param {any} task @param {import("../models/tree.js").TreeRow[]} rows @param {string} selected
 * @param {(id: string) => void} select @param {import("../models/tree.js").Tree} tree @param {(id: string, open: boolean) => void} unfold */
function useTaskKeys(task, rows, selected, select, tree, unfold) {
  const ids = rows.flatMap(({ node }) => (node ? [node.id] : []));
  const step = (/** @type {number} */ by) => {
    const to = ids[Math.min(ids.length - 1, Math.max(0, ids.indexOf(selected) + by))];
    if (to) select(to);
  };
  const group = "Task";
  useShortcuts(
    [
      {
        keys: "P",
        group,
        label: "Go to the parent",
        run: () => task.parent && go(hrefOfId(task.parent)),
      },
      {
        keys: "T",
        group,
        label: "Go to the root",
        run: () => task.root && go(hrefOfId(task.root)),
      },
      { keys: "j", group, label: "Next row", run: () => step(1) },
      { keys: "k", group, label: "Previous row", run: () => step(-1) },
      {
        keys: "ArrowRight",
        group,
        label: "Unfold",
        run: () => tree.nodes.has(selected) && unfold(selected, true),
      },
      {
        keys: "ArrowLeft",
        group,
        label: "Fold",
        run: () => tree.nodes.has(selected) && unfold(selected, false),
      },
      {
        keys: "Enter",
        group,
        label: "Open the row's task",
        run: () => selected !== idOf(task) && go(hrefOfId(selected)),
      },
    ],
    [task, selected, ids.join()],
  );
}
