// Parent, children and callbacks as one tree of which only what is unfolded was read.

/**
 * @typedef {import('./waterfall.js').Timed & {pk: string, sk: string, type: string, parent?: string|null,
 *   root?: string|null, depth?: number|null, childCount?: number|null, kind?: string, callbacks?: string[][]}} TreeTask
 * @typedef {{id: string, task: TreeTask, children: string[], cursor: string|null, read: boolean, open: boolean}} Node
 * @typedef {{root: string, nodes: Map<string, Node>}} Tree
 * @typedef {{id: string, depth: number, node: Node|null, more: number, last: boolean}} TreeRow
 *   `node` null: the row "more of these"; `more` is how many (-1: not known), `id` whose they are.
 */

/** The text by which rows name each other: `TASK#acme/type#code`.
 * @param {{pk: string, sk: string}} task */
export const idOf = (task) => `${task.pk}/${task.sk}`;

/** Tenant, kind, type, code and index of an id. @param {string} id */
export function partsOf(id) {
  const slash = id.indexOf("/");
  const [kind, tenant] = id.slice(0, slash).split("#");
  const [type, code, index] = id.slice(slash + 1).split("#");
  return { kind, tenant, type, code, index: index === undefined ? null : Number(index) };
}

/** @param {TreeTask} task @param {Node} [before] @returns {Node} */
const nodeOf = (task, before) => ({
  children: [],
  cursor: null,
  read: false,
  open: false,
  ...before,
  id: idOf(task),
  task,
});

/** @param {TreeTask} root @returns {Tree} */
export function newTree(root) {
  return { root: idOf(root), nodes: new Map([[idOf(root), nodeOf(root)]]) };
}

/**
 * The tree with one more page of a node's descendants; those read before stay, in place.
 * @param {Tree} tree @param {string} id @param {TreeTask[]} tasks @param {string|null} cursor
 * @returns {Tree}
 */
export function withPage(tree, id, tasks, cursor) {
  const nodes = new Map(tree.nodes);
  for (const task of tasks) {
    const own = idOf(task);
    nodes.set(own, nodeOf(task, nodes.get(own)));
    const parent = task.parent && nodes.has(task.parent) ? task.parent : id;
    const above = nodes.get(parent);
    if (above && own !== parent && !above.children.includes(own)) {
      nodes.set(parent, { ...above, children: [...above.children, own] });
    }
  }
  const node = nodes.get(id);
  if (node) nodes.set(id, { ...node, cursor, read: true, open: true });
  return { ...tree, nodes };
}

/** The tree with newer rows of tasks that it has; others are ignored. @param {Tree} tree @param {TreeTask[]} tasks */
export function withTasks(tree, tasks) {
  const nodes = new Map(tree.nodes);
  for (const task of tasks) {
    const node = nodes.get(idOf(task));
    if (node) nodes.set(node.id, { ...node, task: { ...node.task, ...task } });
  }
  return { ...tree, nodes };
}

/** @param {Tree} tree @param {string} id @param {boolean} open @returns {Tree} */
export function withOpen(tree, id, open) {
  const node = tree.nodes.get(id);
  return node ? { ...tree, nodes: new Map(tree.nodes).set(id, { ...node, open }) } : tree;
}

/** Whether a node may have children; of one that was not read, as far as its row tells.
 * @param {Node} node */
export function mayUnfold(node) {
  if (node.task.kind === "SUBTASK") return false;
  if (node.read) return node.children.length > 0;
  const children = node.task.kind === "SFN_TASK" ? 0 : (node.task.childCount ?? 0); // its subtasks are no rows here
  return children > 0 || (node.task.callbacks?.length ?? 0) > 0;
}

/** The visible rows from the root down. @param {Tree} tree @returns {TreeRow[]} */
export function rowsOf(tree) {
  /** @type {TreeRow[]} */
  const rows = [];
  /** @param {string} id @param {number} depth @param {boolean} last @param {Set<string>} above */
  const add = (id, depth, last, above) => {
    const node = tree.nodes.get(id);
    if (!node || above.has(id)) return;
    rows.push({ id, depth, node, more: 0, last });
    if (!node.open) return;
    const within = new Set(above).add(id);
    node.children.forEach((each, at) =>
      add(each, depth + 1, at === node.children.length - 1 && !node.cursor, within),
    );
    if (node.cursor) {
      const more = (node.task.childCount ?? 0) - node.children.length;
      rows.push({ id, depth: depth + 1, node: null, more: more > 0 ? more : -1, last: true });
    }
  };
  add(tree.root, 0, true, new Set());
  return rows;
}
