// Errors: failures grouped by their cause; a group with its sample, and what can be done with it.
import { bulk } from "../actions.js";
import { get, of, post } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useMemo, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { counted, whole } from "../numbers.js";
import { Button, Card, Choice, PageHead, Time } from "../parts/basics.js";
import { Empty } from "../parts/states.js";
import { go, href, route, setQuery } from "../router.js";
import { has, mayWrite } from "../session.js";
import { ErrorView } from "../widgets/error-view.js";
import { attempt, each, listed, moreButton, shown, table } from "../widgets/short.js";
import { Sparkline } from "../parts/charts.js";
import { hrefOfId } from "./task-data.js";

const LIMIT = 50;
/** @type {[string, string][]} */
const STATES = [["open", "Open"], ["resolved", "Resolved"], ["ignored", "Ignored"]];
const IGNORE = ["ignore", "Ignore", "Ignored: it stays so when it occurs again."];
const REOPEN = ["reopen", "Reopen", "Open again."];
/** @type {Record<string, string[][]>} State -> actions: route, button, what is said afterwards. */
const MOVES = {
  open: [["resolve", "Resolve", "Resolved: it opens again by itself when it occurs again."], IGNORE],
  resolved: [REOPEN, IGNORE],
  ignored: [REOPEN],
};

export default function ErrorsPage() {
  const [fingerprint] = route.value.parts;
  return fingerprint ? html`<${Group} key=${fingerprint} fingerprint=${fingerprint} />` : html`<${Groups} />`;
}

function Groups() {
  const { tenant } = route.value;
  const state = route.value.query.get("state") ?? "open";
  const [pages, setPages] = useState(1);
  const query = useQuery([tenant, "errors", state, pages], ({ signal }) =>
    listed(of(tenant, "errors"), pages, { state, limit: LIMIT }, signal, "groups"), { live: true, keep: true });
  const [at, setAt] = useState(0);
  const all = useSettled(query.data?.items ?? [], `${tenant} ${state}`);
  const group = "Errors";
  useShortcuts([
    { keys: "j", group, label: "Next group", run: () => setAt(Math.min(all.length - 1, at + 1)) },
    { keys: "k", group, label: "Previous group", run: () => setAt(Math.max(0, at - 1)) },
    { keys: "Enter", group, label: "Open the group", run: () => all[at] && go(href("errors", [all[at].fingerprint])) },
  ], [at, all.length]);
  return html`<${PageHead} title="Errors" hint="Failures of one cause are one group; ids, numbers and quoted texts do not split it.">
      <${Choice} label="State" value=${state} options=${STATES} onChange=${(/** @type {string} */ value) => setQuery({ state: value })} />
      ${has("bulk") && html`<a class="button plain" href=${href("bulk")}>Bulk operations</a>`}<//>
    ${shown(query, ({ cursor }) => all.length
      ? html`<${Card}>${table(["error", "types", "#failed now", "#in all", "24 h", "last seen", ""],
          all.map((one, n) => html`<${GroupRow} key=${one.fingerprint} group=${one} isAt=${n === at} />`), "groups")}
          ${moreButton(cursor, () => setPages(pages + 1))}<//>`
      : html`<${Empty} title=${state === "open" ? "Nothing fails" : `No ${state} errors`}>Errors of tasks and subtasks are grouped here by their cause.<//>`)}`;
}

/**
 * Groups in the order in which they were first shown, new ones below them: no row jumps away from
 * the pointer because its error, or another one, has occurred again.
 *
 * @param {any[]} groups
 * @param {string} list Which list it is; another one begins anew.
 * @returns {any[]}
 */
function useSettled(groups, list) {
  const places = useMemo(() => new Map(), [list]);
  for (const { fingerprint } of groups)
    if (!places.has(fingerprint)) places.set(fingerprint, places.size);
  return [...groups].sort((one, other) => places.get(one.fingerprint) - places.get(other.fingerprint));
}

/** @param {any} props */
function GroupRow({ group, isAt }) {
  const { fingerprint, errorType, message, open, count, hours, firstAt, lastAt } = group;
  return html`<tr class=${isAt ? "at-row" : ""}>
    <td class="group-name"><a href=${href("errors", [fingerprint])}><b>${errorType}</b></a> <${NewSince} group=${group} /><span class="group-message cut">${message}</span></td>
    <td><${Types} types=${group.types} most=${2} /></td>
    <td class="number"><b class=${open ? "danger-text" : "muted"}>${whole(open)}</b></td>
    <td class="number">${whole(count)}</td>
    <td><${Sparkline} values=${hours ?? []} label=${told(hours)} /></td>
    <td><${Time} at=${lastAt} /><div class="muted small">first <${Time} at=${firstAt} /></div></td>
    <td class="row-actions"><${GroupActions} group=${group} small /></td></tr>`;
}

/** The sparkline in words. @param {number[]} hours */
const told = (hours = []) => `${whole(hours.reduce((sum, each) => sum + Number(each), 0))} failures in 24 h, ${whole(hours.at(-1) ?? 0)} in the last hour`;

/** @param {any} props */
function Types({ types = [], most = 99 }) {
  return html`<span class="tags">${each(types.slice(0, most), (type) =>
    html`<a class="tag" href=${href("tasks", [], { q: `status:failed type:${type}` })}>${type}</a>`)}</span>${
    types.length > most && html`<span class="muted">+${types.length - most}</span>`}`;
}

/** @param {any} props */
const NewSince = ({ group }) => group.newSince && html`<span class="badge new">new since <${Time} at=${group.newSince} /></span>`;

/** @param {any} props */
function GroupActions({ group, small = false }) {
  if (!mayWrite.value) return null;
  const { fingerprint, errorType, open, state } = group;
  const retry = () => {
    bulk.value = { action: "retry", filter: { fingerprint }, what: `tasks that failed with ${errorType}` };
  };
  return html`${open > 0 && has("bulk") && html`<${Button} small=${small} kind=${small ? "plain" : "primary"} icon="retry" onClick=${retry}>Retry all ${whole(open)}<//>`}
    ${each(MOVES[state] ?? MOVES.open, ([action, text, said]) => html`<${Button} key=${action} small=${small} kind="ghost"
      onClick=${() => attempt(() => post(of(route.value.tenant, "errors", fingerprint, action)), said)}>${text}<//>`)}`;
}

/** @param {{fingerprint: string}} props */
function Group({ fingerprint }) {
  const { tenant } = route.value;
  const query = useQuery([tenant, "errors", "one", fingerprint], ({ signal }) => get(of(tenant, "errors", fingerprint), { signal }), { live: true });
  return shown(query, (group) => html`
    <${PageHead} title=${html`${group.errorType} <${NewSince} group=${group} />`}
      hint=${html`<a href=${href("errors")}>Errors</a> › <code>${fingerprint}</code> · ${group.state}`}><${GroupActions} group=${group} /><//>
    <p class="group-full">${group.message}</p>
    <div class="columns">
      <${Card} title="Occurrences"><dl class="facts-row">
          <div><dt>failed now</dt><dd class="danger-text">${whole(group.open)}</dd></div><div><dt>in all</dt><dd>${whole(group.count)}</dd></div>
          <div><dt>first seen</dt><dd><${Time} at=${group.firstAt} /></dd></div><div><dt>last seen</dt><dd><${Time} at=${group.lastAt} /></dd></div></dl>
        <${Sparkline} values=${group.hours ?? []} label=${told(group.hours)} width=${480} height=${56} />
        <p><${Types} types=${group.types} /></p>
        ${group.lastKey && html`<p>Last: <a href=${hrefOfId(keyText(group.lastKey))}>${keyText(group.lastKey).split("/")[1]}</a></p>`}<//>
      <${Card} title="Sample">${group.sample ? html`<${ErrorView} error=${group.sample} />` : html`<${Empty} title="No sample is kept" />`}<//>
    </div>
    ${has("failures") && html`<${Failures} fingerprint=${fingerprint} />`}`);
}

/** @param {any} key As text, or `{pk, sk}`. @returns {string} */
const keyText = (key) => (typeof key === "string" ? key : `${key.pk}/${key.sk}`);

/** @param {{fingerprint: string}} props */
function Failures({ fingerprint }) {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const query = useQuery([tenant, "failures", fingerprint, pages], ({ signal }) =>
    listed(of(tenant, "failures"), pages, { fingerprint, limit: LIMIT }, signal), { live: true, keep: true });
  const { items = [], cursor } = query.data ?? {};
  return html`<${Card} title="Failed with it" hint=${query.data && counted(items.length, "row") + (cursor ? " so far" : "")}>
    ${shown(query, () => items.length
      ? html`${table(["task", "error", "failed"], each(items, (one) => html`<tr key=${keyText(one)}>
          <td><a href=${hrefOfId(keyText(one))}>${one.type} <code>${one.code}</code>${(one.index ?? null) !== null && ` #${one.index}`}</a></td>
          <td class="cut wide">${one.errorText}</td><td><${Time} at=${one.updatedAt} /></td></tr>`))}
        ${moreButton(cursor, () => setPages(pages + 1))}`
      : html`<${Empty} title="Nothing that failed with it is left">What was retried or removed is not listed; subtasks of batches that were given up have no rows of their own.<//>`, 3)}<//>`;
}
