// The page of a task: its tree and its waterfall on the same rows, and the details of one row.
import { get, of, post } from "../api/client.js";
import { beats } from "../api/live.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { whole } from "../numbers.js";
import { Button, Time } from "../parts/basics.js";
import { StatusBadge } from "../parts/icons.js";
import { toast } from "../parts/toasts.js";
import { go, route, setQuery } from "../router.js";
import { has } from "../session.js";
import { isFinal } from "../statuses.js";
import { idOf, mayUnfold, newTree, partsOf, rowsOf, withOpen, withPage, withTasks } from "../models/tree.js";
import { shown } from "../widgets/short.js";
import { Split } from "../widgets/split.js";
import { Bar, Ruler, Shares, lifeOf } from "../widgets/waterfall-view.js";
import { TaskHead } from "./task-head.js";
import { Details } from "./task-details.js";
import { hrefOfId, pathOf, useTask } from "./task-data.js";

/** @typedef {import("../models/tree.js").Tree} Tree */

const PAGE = 200; // descendants read at once
const LOOKUP = 100; // keys of one lookup

export default function TaskPage() {
  const [type = "", code = ""] = route.value.parts;
  return shown(useTask({ kind: "TASK", type, code }), (task) => html`<${Task} key=${idOf(task)} task=${task} />`, 8);
}

/** @param {{task: any}} props */
function Task({ task }) {
  const own = idOf(task);
  const { tree, unfold, more } = useTree(task);
  const selected = route.value.query.get("at") ?? own;
  const rows = rowsOf(tree);
  const select = (/** @type {string} */ id) => setQuery({ at: id === own ? null : id }, { replace: true });
  useKeys(task, rows.flatMap(({ node }) => (node ? [node.id] : [])), select, unfold);
  return html`<article class="task-page">
    <${TaskHead} task=${task} />
    <section class="task-summary" aria-label="Time of this task"><${Shares} totals=${lifeOf(task).totals} /></section>
    <${Split} name="task" first=${html`<${Rows} ...${{ tree, rows, selected, select, unfold, more }} />`}
      second=${selected === own ? html`<${Details} task=${task} />` : html`<${Other} key=${selected} id=${selected} />`} />
  </article>`;
}

/** The tree in view, read as far as it is unfolded. @param {any} task */
function useTree(task) {
  const [tree, setTree] = useState(() => newTree(task));
  const latest = useRef(tree);
  const update = (/** @type {(tree: Tree) => Tree} */ change) => {
    latest.current = change(latest.current);
    setTree(latest.current);
  };
  const read = async (/** @type {string} */ id, /** @type {string | null} */ cursor) => {
    try {
      const page = await descendants(id, cursor);
      update((before) => withPage(before, id, page.nodes ?? page.items, page.cursor ?? null));
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { kind: "error" });
    }
  };
  useEffect(() => update((before) => withTasks(before, [task])), [task]);
  useEffect(() => void read(idOf(task), null), [task.childCount, task.status]);
  useEffect(() => void changed(latest.current).then((tasks) => update((before) => withTasks(before, tasks))), [beats.value]);
  const unfold = (/** @type {string} */ id, /** @type {boolean} */ open) => {
    const node = latest.current.nodes.get(id);
    if (open && node && !node.read && mayUnfold(node)) void read(id, null);
    else update((before) => withOpen(before, id, open));
  };
  return { tree, unfold, more: (/** @type {string} */ id) => void read(id, tree.nodes.get(id)?.cursor ?? null) };
}

/** The tasks that a task has started, children and callbacks. @param {string} id @param {string | null} cursor */
function descendants(id, cursor) {
  const key = /** @type {any} */ (partsOf(id));
  return has("tree") ? get(pathOf(key, "tree"), { query: { depth: 1, limit: PAGE, cursor } }) : get(pathOf(key, "children"), { query: { limit: PAGE, cursor } });
}

/** The tasks in view that have changed. @param {Tree} tree @returns {Promise<any[]>} */
async function changed(tree) {
  const open = rowsOf(tree).flatMap(({ node }) => (node && node.id !== tree.root && !isFinal(node.task.status) ? [/** @type {any} */ (node.task)] : [])).slice(0, LOOKUP);
  if (!open.length || !has("lookup")) return [];
  const body = { keys: open.map(({ pk, sk }) => ({ pk, sk })), versions: open.map(({ version }) => version ?? null) };
  return post(of(route.value.tenant, "lookup"), body).then(({ items }) => items, () => []); // the beacon tells of trouble
}

/** @param {any} props */
function Rows({ tree, rows, selected, select, unfold, more }) {
  const lives = new Map(rows.flatMap((/** @type {any} */ { id, node }) => (node ? [[id, lifeOf(node.task)]] : [])));
  const all = [...lives.values()];
  const start = Math.min(...all.map((life) => life.start));
  const span = Math.max(...all.map((life) => life.end)) - start;
  return html`<div class="tree" role="treegrid" aria-label="Tasks that it started, and their time">
    <div class="tree-head" role="row"><span role="columnheader">task</span><span role="columnheader"><span class="hidden-text">time</span><${Ruler} span=${span} /></span></div>
    ${rows.map((/** @type {any} */ row) => row.node
      ? html`<${Row} key=${row.id} ...${{ row, start, span, select, unfold }} life=${lives.get(row.id)} isSelected=${row.id === selected} />`
      : html`<div class="tree-row" role="row" key=${`more ${row.id}`} style=${{ "--depth": row.depth }}><span role="gridcell" class="tree-name">
          <${Button} small kind="ghost" onClick=${() => more(row.id)}>${row.more > 0 && whole(row.more)} more<//></span></div>`)}
    ${rows.length === 1 && tree.nodes.get(tree.root).read && html`<p class="muted tree-note">It has started no other tasks.</p>`}
  </div>`;
}

/** @param {any} props */
function Row({ row, life, start, span, isSelected, select, unfold }) {
  const { id, node, depth } = row;
  const { type, code, status, kind, childCount } = node.task;
  const folds = mayUnfold(node);
  const fold = (/** @type {Event} */ event) => {
    event.stopPropagation();
    unfold(id, !node.open);
  };
  return html`<div class="tree-row" role="row" aria-level=${depth + 1} aria-selected=${isSelected} aria-expanded=${folds ? node.open : undefined} style=${{ "--depth": depth }} onClick=${() => select(id)}>
    <span role="gridcell" class="tree-name">
      ${folds ? html`<button type="button" class="fold" aria-label=${`${node.open ? "Fold" : "Unfold"} ${type}`} onClick=${fold}>${node.open ? "▾" : "▸"}</button>` : html`<span class="fold"></span>`}
      <${StatusBadge} status=${status} iconOnly />
      <button type="button" class="tree-button cut">${type} <span class="muted">${code}</span></button>
      ${kind === "SFN_TASK" && html`<span class="tag">${whole(childCount ?? 0)} subtasks</span>`}</span>
    <span role="gridcell" class="tree-bar"><${Bar} segments=${life.segments} start=${start} span=${span} /></span>
  </div>`;
}

/** Details of another task than that of the page. @param {{id: string}} props */
function Other({ id }) {
  return shown(useTask(/** @type {any} */ (partsOf(id))), (task) => html`
    <p class="chosen"><${StatusBadge} status=${task.status} /> <a href=${hrefOfId(id)}>${task.type} ${task.code}</a> <${Time} at=${task.createdAt} /></p>
    <${Details} task=${task} />`, 4);
}

/** @param {any} task @param {string[]} ids @param {(id: string) => void} select @param {(id: string, open: boolean) => void} unfold */
function useKeys(task, ids, select, unfold) {
  const at = () => route.peek().query.get("at") ?? idOf(task); // a key may follow before the page is drawn anew
  const step = (/** @type {number} */ by) => select(ids[Math.min(ids.length - 1, Math.max(0, ids.indexOf(at()) + by))] ?? at());
  const group = "Task";
  useShortcuts([
    { keys: "P", group, label: "Go to the parent", run: () => task.parent && go(hrefOfId(task.parent)) },
    { keys: "T", group, label: "Go to the root", run: () => task.root && go(hrefOfId(task.root)) },
    { keys: "j", group, label: "Next row", run: () => step(1) },
    { keys: "k", group, label: "Previous row", run: () => step(-1) },
    { keys: "ArrowRight", group, label: "Unfold", run: () => unfold(at(), true) },
    { keys: "ArrowLeft", group, label: "Fold", run: () => unfold(at(), false) },
    { keys: "Enter", group, label: "Open the row's task", run: () => go(hrefOfId(at())) },
  ], [task, ids.join()]);
}
