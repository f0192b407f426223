// Short forms that the pages share: lists of the API, tables, fields, actions with what is said of them.
import { get } from "../api/client.js";
import { hurry } from "../api/live.js";
import { queries } from "../api/queries.js";
import { html } from "../lib.js";
import { Button, copy } from "../parts/basics.js";
import { Menu } from "../parts/dialog.js";
import { Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { route } from "../router.js";
import { consoleInfo, whoami } from "../session.js";
import { hasMasked } from "../models/json-tree.js";
import { asCli, asCurl, asPython } from "../models/snippets.js";

/** What the pages of a list hold. @typedef {{items: any[], cursor: any}} Listed */

/**
 * Handler of a field: `typed(setName)`.
 *
 * @type {(set: (text: string) => void) => (event: any) => void}
 */
export const typed = (set) => (event) => set(event.target.value);

/**
 * Draw each item of a list that the API sent.
 *
 * @type {(items: any[] | null | undefined, draw: (item: any, at: number) => any) => any[]}
 */
export const each = (items, draw) => (items ?? []).map(draw);

/**
 * The data of a query, or the state in its place.
 *
 * @type {(query: import("../api/queries.js").Result, draw: (data: any) => any, rows?: number) => any}
 */
export const shown = (query, draw, rows) => html`<${Shown} query=${query} rows=${rows}>${draw}<//>`;

/**
 * A table in its box.
 *
 * @param {string[]} head Names of columns; "#..." is right-aligned, "" is that of the actions.
 * @param {any[]} rows
 * @param {string} [name] A class.
 */
export function table(head, rows, name = "") {
  return html`<div class="table-box" tabindex="0"><table class=${`table ${name}`}>
    <thead><tr>${head.map((text) => html`<th scope="col" class=${text[0] === "#" ? "number" : ""}>${
      text ? text.replace("#", "") : html`<span class="hidden-text">actions</span>`}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></div>`;
}

/**
 * The first pages of a list.
 *
 * @param {string} path
 * @param {number} count Of pages.
 * @param {Record<string, any>} query
 * @param {AbortSignal} signal
 * @param {string} [name] Of the list in the answer.
 * @returns {Promise<Listed>}
 */
export async function listed(path, count, query, signal, name = "items") {
  /** @type {Listed} */
  const all = { items: [], cursor: query.cursor };
  for (let n = 0; n < count; n += 1) {
    const page = await get(path, { signal, query: { ...query, cursor: all.cursor } });
    all.items.push(...page[name]);
    all.cursor = page.cursor ?? null;
    if (all.cursor === null) break;
  }
  return all;
}

/** The button for one more page. @param {any} cursor @param {() => void} more */
export function moreButton(cursor, more) {
  return (cursor ?? null) !== null && html`<div class="card-foot"><${Button} small onClick=${more}>More<//></div>`;
}

/**
 * Do something, say what came of it (a refusal in the API's own words), and read again what is shown.
 *
 * @param {() => Promise<any>} what
 * @param {string} said
 * @param {(answer: any) => {href: string, text: string} | undefined} [link]
 */
export async function attempt(what, said, link) {
  try {
    const answer = await what();
    const to = link?.(answer);
    toast(said, { kind: "success", ...(to ? { link: to } : {}) });
  } catch (error) {
    toast(/** @type {Error} */ (error).message, { kind: "error" });
  }
  await reread();
}

/** Read again all that is shown of the tenant. */
export async function reread() {
  const { tenant } = route.peek();
  await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === tenant });
  hurry();
}

/**
 * "Copy as": what submits a task like this.
 *
 * @param {{call: () => any, id?: string}} props
 */
export function CopyAs({ call, id }) {
  const { url } = consoleInfo.value;
  const give = (/** @type {string} */ text, input = call().input) => {
    void copy(text);
    toast(`Copied.${hasMasked(input) ? " Secret fields are masked in it." : ""}`, { kind: "success" });
  };
  return html`<${Menu} label="Copy as" text="Copy as" end kind="plain" items=${[
    { text: "taskmill command", run: () => give(asCli(call(), url)) },
    { text: "curl", run: () => give(asCurl(call(), url ?? location.origin, whoami.value?.stack?.region)) },
    { text: "Python", run: () => give(asPython(call(), url)) },
    ...(id ? [{ text: "key", run: () => give(id, null) }] : []),
  ]} />`;
}
