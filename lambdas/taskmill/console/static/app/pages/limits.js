// Limits: what is held, who waits and since when, next starts; set and unset; pauses.
import { get, of } from "../api/client.js";
import { paused } from "../api/live.js";
import { pauses } from "../api/pauses.js";
import { queries, useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { counted, whole } from "../numbers.js";
import { Button, Card, Duration, PageHead, Time, User } from "../parts/basics.js";
import { Empty } from "../parts/states.js";
import { href, route, setQuery } from "../router.js";
import { mayWrite } from "../session.js";
import { PausedMark } from "../shell/pauses.js";
import { each, listed, moreButton, shown, table, typed } from "../widgets/short.js";
import { PauseDialog, ResumeDialog, SetDialog, UnsetDialog } from "./limit-dialogs.js";
import { groupsOf, isOwn, summed, wordsOf } from "./limits-data.js";

/** @typedef {import("../api/types.d.ts").LimitView} Limit */

const PAGE = 500; // limits read at once
const FOLDED = 5; // keys of a name that are shown among other names
const EVERY = 10_000; // ms; counts of the beacon lag
const HEAD = ["limit", "allows", "from", "#held", "#waiting", "#oldest waits", ""];

export default function LimitsPage() {
  const [name, key] = ["name", "key"].map((each) => route.value.query.get(each));
  const [opened, setOpened] = useState(/** @type {"set" | "pause" | null} */ (null));
  const close = () => setOpened(null);
  return html`<${PageHead} title=${name ? html`Limit ${name}` : "Limits"} hint=${name ? html`<a href=${href("limits")}>All limits</a>` : "What must not run too fast, or too much at once, waits here."}>
      ${name && html`<label class="inline-field">Key${" "}<input class="input" type="search" value=${key} placeholder="all" onChange=${typed((text) => setQuery({ key: text }))} /></label>`}
      ${mayWrite.value && html`<${Button} icon="pause" onClick=${() => setOpened("pause")}>Pause…<//><${Button} kind="primary" onClick=${() => setOpened("set")}>Set a limit…<//>`}<//>
    ${opened === "set" && html`<${SetDialog} close=${close} />`}${opened === "pause" && html`<${PauseDialog} close=${close} />`}
    ${!name && html`<${Paused} />`}
    <${OfTenant} key=${`${name} ${key}`} ...${{ name, only: key }} />
    <${OfStack} key=${`stack ${name} ${key}`} ...${{ name, only: key }} />`;
}

function Paused() {
  if (!pauses.value.length) return null;
  const { tenant } = route.value;
  return html`<${Card} title="Paused">${table(["what", "since", "by", "#waiting", ""], each(pauses.value, (pause) => html`<tr key=${pause.type ?? ""}>
    <td><b>${pause.type ?? `all types of ${tenant}`}</b></td><td><${Time} at=${pause.at} /></td><td><${User} name=${pause.by} /></td>
    <td class="number">${counter(pause.waiting, "parked", pause.type ? [pause.type] : [])}</td>
    <td class="row-actions"><${Opens} text="Resume…" icon="play" dialog=${ResumeDialog} pause=${pause} /></td></tr>`), "pauses")}<//>`;
}

/**
 * The first pages; of one key what holds for every key too, which the API lists apart.
 *
 * @param {string} path
 * @param {number} pages
 * @param {{name: string | null, only: string | null}} which
 * @param {AbortSignal} signal
 */
async function limitsAt(path, pages, { name, only }, signal) {
  const found = await listed(path, pages, { name, key: only, limit: PAGE }, signal);
  const all = only ? (await get(path, { query: { name, limit: 2 }, signal })).items : []; // one of each kind
  return { ...found, items: [...all.filter((/** @type {Limit} */ { key }) => !key), ...found.items] };
}

/** @param {{name: string | null, only: string | null}} props */
function OfTenant({ name, only }) {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const query = useQuery([tenant, "limits", name, only, pages], ({ signal }) => limitsAt(of(tenant, "limits"), pages, { name, only }, signal),
    { live: true, keep: true, ...(paused.value ? {} : { every: EVERY }) });
  return shown(query, ({ items, cursor }) => items.length
    ? html`<${Card} title="Of this tenant" hint=${(cursor ?? null) !== null && `the first ${whole(items.length)}, by name and key`}>
        <${Table} limits=${items} isOne=${Boolean(name)} />${moreButton(cursor, () => setPages(pages + 1))}<//>`
    : name
      ? html`<${Empty} title="This tenant has no such limit" />`
      : html`<${Empty} title="No limits"><p>Declare them with the task: <code>@task("sync", concurrency=5)</code>${" "}or <code>rate=RateLimit("stripe", 100)</code>.</p><//>`);
}

/** Limits that all tenants share; nothing where a policy, or the token, refuses them. @param {{name: string | null, only: string | null}} props */
function OfStack({ name, only }) {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const key = (/** @type {number} */ count) => [tenant, "stack limits", name, only, count];
  const refused = /** @type {any} */ (queries.getQueryState(key(1)))?.error?.kind === "forbidden";
  const query = useQuery(key(pages), ({ signal }) => limitsAt("/limits", pages, { name, only }, signal),
    { live: !refused, enabled: !refused, keep: true, ...(paused.value || refused ? {} : { every: EVERY }) });
  if (refused || query.isPending || query.data?.items.length === 0) return null;
  return html`<${Card} title="Shared by all tenants">${shown(query, ({ items, cursor }) => html`<${Table} limits=${items} isOne=${Boolean(name)} ofStack />
    ${moreButton(cursor, () => setPages(pages + 1))}`)}<//>`;
}

/** @param {{limits: Limit[], isOne: boolean, ofStack?: boolean}} props isOne: of one name, all keys are shown. */
function Table({ limits, isOne, ofStack = false }) {
  const rows = groupsOf(limits).flatMap((group) => {
    const { id, all, keys, name } = group;
    const most = isOne || keys.length <= FOLDED + 1 ? keys.length : FOLDED;
    return [
      html`<${Row} key=${id} limit=${summed(group)} all=${all} ofStack=${ofStack} keys=${keys.length} />`,
      ...keys.slice(0, most).map((limit) => html`<${Row} key=${`${id} ${limit.key}`} limit=${limit} all=${all} ofStack=${ofStack} />`),
      ...(most < keys.length ? [html`<tr key=${`${id} more`}><td class="of-key" colspan="7"><a href=${href("limits", [], { name })}>${counted(keys.length - most, "more key")}</a></td></tr>`] : []),
    ];
  });
  return table(HEAD, rows, "limits");
}

/** @param {{limit: Limit, all?: Limit, ofStack: boolean, keys?: number}} props keys: of how many keys it is the sum. */
function Row({ limit, all, ofStack, keys = 0 }) {
  const { name, key, keyed, types = [], kind, held, waiting, oldestAt } = limit;
  const isKey = (key ?? null) !== null;
  const isSum = !isKey && keyed;
  const words = wordsOf(limit) && (isSum ? `${wordsOf(limit)}, each` : wordsOf(limit));
  const isRate = kind === "rate";
  return html`<tr class=${isKey ? "" : "of-name"}>
    ${isKey
      ? html`<td class="of-key"><code class="key cut" title=${key}>${key}</code></td>`
      : html`<td><a href=${href("limits", [], { name })}><b>${name}</b></a>${each(types, (type) => html`${" "}${type === name ? "" : html`<a class="tag" href=${href("tasks", [], { q: `type:${type}` })}>${type}</a>`}<${PausedMark} type=${type} />`)}
          ${isSum && html` <span class="muted small">${keys ? counted(keys, "key") : "by key"}</span>`}</td>`}
    <td>${isRate && html`<span class="hidden-text">rate: </span>`}${words || html`<span class="muted">–</span>`}</td>
    <td class="muted"><${By} limit=${limit} all=${all} /></td>
    ${isRate
      ? html`<td class="number" colspan="3">${!isSum && html`<${NextStart} limit=${limit} />`}</td>`
      : html`<td class="number">${counter(held, "queued,started,processing", types)}</td><td class="number">${counter(waiting, "parked", types)}</td>
          <td class="number">${oldestAt && html`<${Duration} from=${oldestAt} />`}</td>`}
    <td class="row-actions"><${Opens} text="Set…" dialog=${SetDialog} limit=${limit} ofStack=${ofStack} />
      ${isOwn(limit, all) && html`<${Opens} text="Unset…" kind="ghost" dialog=${UnsetDialog} limit=${limit} all=${all} ofStack=${ofStack} />`}</td></tr>`;
}

/** @param {{limit: Limit}} props */
function NextStart({ limit: { nextStartAt, pausedUntil } }) {
  if (pausedUntil) return html`<span class="badge" title="A task has asked for no starts before">held back</span> next start <${Time} at=${pausedUntil} />`;
  return nextStartAt ? html`next start <${Time} at=${nextStartAt} />` : html`<span class="muted">starts at once</span>`;
}

/** Where a limit comes from. @param {{limit: Limit, all?: Limit}} props */
function By({ limit, all }) {
  if (!limit.setAt) return wordsOf(limit) && "code";
  if (!isOwn(limit, all)) return "set for every key";
  return html`set <${Time} at=${limit.setAt} />${limit.setBy && html` by <${User} name=${limit.setBy} />`}`;
}

/** A number that leads to its tasks, as far as lists can tell them. @param {any} n @param {string} statuses @param {string[]} types */
function counter(n, statuses, types) {
  if (!Number(n)) return html`<span class="zero">0</span>`;
  if (types.length > 1) return whole(n);
  return html`<a href=${href("tasks", [], { q: [`status:${statuses}`, ...types.map((type) => `type:${type}`)].join(" ") })}>${whole(n)}</a>`;
}

/** A button of those who may write, and the dialog that it opens. @param {any} props */
function Opens({ text, icon, kind, dialog: Opened, ...given }) {
  const [isOpen, setOpen] = useState(false);
  if (!mayWrite.value) return null;
  return html`<${Button} small icon=${icon} kind=${kind} onClick=${() => setOpen(true)}>${text}<//>
    ${isOpen && html`<${Opened} ...${given} close=${() => setOpen(false)} />`}`;
}
