// Errors: failures grouped by their cause; a group with its sample, and what can be done with it.
import { bulk } from "../actions.js";
import { get, of, post } from "../api/client.js";
import { hurry } from "../api/live.js";
import { queries, useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { useShortcuts } from "../keyboard.js";
import { counted, whole } from "../numbers.js";
import { Button, Card, Choice, PageHead, Time } from "../parts/basics.js";
import { Empty, Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, setQuery } from "../router.js";
import { has, mayWrite } from "../session.js";
import { ErrorView } from "../widgets/error-view.js";
import { Sparkline } from "../widgets/sparkline.js";
import { hrefOfId } from "./task-data.js";

const PAGE = 50;
/** @type {[string, string][]} */
const STATES = [
  ["open", "Open"],
  ["resolved", "Resolved"],
  ["ignored", "Ignored"],
];
/** @type {Record<string, [string, string, string][]>} State -> action, its button, what is said afterwards. */
const MOVES = {
  open: [
    ["resolve", "Resolve", "Resolved: it opens again by itself when it occurs again."],
    ["ignore", "Ignore", "Ignored: it stays so when it occurs again."],
  ],
  resolved: [
    ["reopen", "Reopen", "Open again."],
    ["ignore", "Ignore", "Ignored: it stays so when it occurs again."],
  ],
  ignored: [["reopen", "Reopen", "Open again."]],
};

export default function ErrorsPage() {
  const [fingerprint] = route.value.parts;
  return fingerprint
    ? html`<${Group} key=${fingerprint} fingerprint=${fingerprint} />`
    : html`<${Groups} />`;
}

function Groups() {
  const state = route.value.query.get("state") ?? "open";
  const [pages, setPages] = useState(1);
  const query = useQuery(
    [route.value.tenant, "errors", state, pages],
    ({ signal }) => groups(state, pages, signal),
    { live: true, keep: true },
  );
  const [at, setAt] = useState(0);
  /** @type {any[]} */
  const all = query.data?.groups ?? [];
  useShortcuts(
    [
      {
        keys: "j",
        group: "Errors",
        label: "Next group",
        run: () => setAt(Math.min(all.length - 1, at + 1)),
      },
      {
        keys: "k",
        group: "Errors",
        label: "Previous group",
        run: () => setAt(Math.max(0, at - 1)),
      },
      {
        keys: "Enter",
        group: "Errors",
        label: "Open the group",
        run: () => all[at] && go(href("errors", [all[at].fingerprint])),
      },
    ],
    [at, all.length],
  );
  return html`<${PageHead}
      title="Errors"
      hint="Failures of one cause are one group; ids, numbers and quoted texts do not split it."
    >
      <${Choice}
        label="State"
        value=${state}
        options=${STATES}
        onChange=${(/** @type {string} */ value) => setQuery({ state: value === "open" ? null : value })}
      />
      ${has("bulk") && html`<a class="button plain" href=${href("bulk")}>Bulk operations</a>`}
    <//>
    <${Shown} query=${query}
      >${() =>
        all.length
          ? html`<${Card}
              ><div class="table-box">
                <table class="table groups">
                  <thead>
                    <tr>
                      <th>error</th>
                      <th>types</th>
                      <th class="number">failed now</th>
                      <th class="number">in all</th>
                      <th>24 h</th>
                      <th>last seen</th>
                      <th>first seen</th>
                      <th><span class="hidden-text">actions</span></th>
                    </tr>
                  </thead>
                  <tbody>
                    ${all.map((group, n) => html`<${GroupRow} key=${group.fingerprint} group=${group} isAt=${n === at} />`)}
                  </tbody>
                </table>
              </div>
              ${query.data.cursor && html`<div class="card-foot"><${Button} small onClick=${() => setPages(pages + 1)}>More groups<//></div>`}<//
            >`
          : html`<${Empty} title=${state === "open" ? "Nothing fails" : `No ${state} errors`}
              >${state === "open" ? "Errors of tasks and subtasks appear here, grouped by their cause." : ""}<//
            >`}<//
    >`;
}

/** @param {string} state @param {number} pages @param {AbortSignal} signal */
async function groups(state, pages, signal) {
  const found = [];
  let cursor = null;
  for (let n = 0; n < pages; n += 1) {
    const page = await get(of(route.value.tenant, "errors"), {
      signal,
      query: { state, limit: PAGE, cursor },
    });
    found.push(...page.groups);
    cursor = page.cursor ?? null;
    if (!cursor) break;
  }
  return { groups: found, cursor };
}

/** @param {{group: any, isAt: boolean}} props */
function GroupRow({ group, isAt }) {
  return html`<tr class=${isAt ? "at-row" : ""}>
    <td class="group-name">
      <a href=${href("errors", [group.fingerprint])}><b>${group.errorType}</b></a>
      <${NewSince} group=${group} /><span class="group-message cut">${group.message}</span>
    </td>
    <td class="tags">
      ${(group.types ?? []).slice(0, 3).map((/** @type {string} */ type) => html`<a class="tag" key=${type} href=${href("tasks", [], { q: `status:failed type:${type}` })}>${type}</a>`)}${
        group.types?.length > 3 ? html` <span class="muted">+${group.types.length - 3}</span>` : ""
      }
    </td>
    <td class="number">
      <b class=${group.open ? "danger-text" : "muted"}>${whole(group.open)}</b>
    </td>
    <td class="number">${whole(group.count)}</td>
    <td><${Sparkline} values=${group.hours ?? []} label="Failures per hour, last 24 h" /></td>
    <td><${Time} at=${group.lastAt} /></td>
    <td class="muted"><${Time} at=${group.firstAt} /></td>
    <td class="row-actions"><${GroupActions} group=${group} small /></td>
  </tr>`;
}

/** @param {{group: any}} props */
function NewSince({ group }) {
  return group.newSince
    ? html`<span class="badge new">new since <${Time} at=${group.newSince} /></span>`
    : null;
}

/** @param {{group: any, small?: boolean}} props */
function GroupActions({ group, small = false }) {
  if (!mayWrite.value) return null;
  const move = async (/** @type {string} */ action, /** @type {string} */ said) => {
    try {
      await post(of(route.value.tenant, "errors", group.fingerprint, action));
      toast(said, { kind: "success" });
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { kind: "error" });
    }
    await queries.invalidateQueries({ queryKey: [route.value.tenant, "errors"] });
    hurry();
  };
  const retry = () => {
    bulk.value = {
      action: "retry",
      filter: { fingerprint: group.fingerprint },
      what: `tasks that failed with ${group.errorType}`,
    };
  };
  return html`${group.open > 0 && has("bulk") && html`<${Button} small=${small} kind=${small ? "plain" : "primary"} icon="retry" onClick=${retry}>Retry all ${whole(group.open)}<//>`}
  ${(MOVES[group.state] ?? MOVES.open ?? []).map(([action, text, said]) => html`<${Button} key=${action} small=${small} kind="ghost" onClick=${() => move(action, said)}>${text}<//>`)}`;
}

/** @param {{fingerprint: string}} props */
function Group({ fingerprint }) {
  const { tenant } = route.value;
  const query = useQuery(
    [tenant, "errors", "one", fingerprint],
    ({ signal }) => get(of(tenant, "errors", fingerprint), { signal }),
    { live: true },
  );
  return html`<${Shown} query=${query}
    >${(/** @type {any} */ group) =>
      html` <${PageHead}
          title=${html`${group.errorType} <${NewSince} group=${group} />`}
          hint=${html`<a href=${href("errors")}>Errors</a> › <code>${fingerprint}</code> · ${group.state}`}
          ><${GroupActions} group=${group}
        /><//>
        <p class="group-full">${group.message}</p>
        <div class="columns">
          <${Card} title="Occurrences"
            ><dl class="facts-row">
              <div>
                <dt>failed now</dt>
                <dd class="danger-text">${whole(group.open)}</dd>
              </div>
              <div>
                <dt>in all</dt>
                <dd>${whole(group.count)}</dd>
              </div>
              <div>
                <dt>first seen</dt>
                <dd><${Time} at=${group.firstAt} /></dd>
              </div>
              <div>
                <dt>last seen</dt>
                <dd><${Time} at=${group.lastAt} /></dd>
              </div>
            </dl>
            <${Sparkline} values=${group.hours ?? []} label="Failures per hour, last 24 h" wide />
            <p class="tags">
              ${(group.types ?? []).map((/** @type {string} */ type) => html`<a class="tag" key=${type} href=${href("tasks", [], { q: `status:failed type:${type}` })}>${type}</a>`)}
            </p>
            ${group.lastKey && html`<p>Last: <a href=${hrefOfId(keyText(group.lastKey))}>${keyText(group.lastKey).split("/")[1]}</a></p>`}<//
          >
          <${Card} title="Sample"
            >${group.sample ? html`<${ErrorView} error=${group.sample} />` : html`<${Empty} title="No sample is kept" />`}<//
          >
        </div>
        <${Failures} fingerprint=${fingerprint} />`}<//
  >`;
}

/** @param {any} key As text, or `{pk, sk}`. @returns {string} */
const keyText = (key) => (typeof key === "string" ? key : `${key.pk}/${key.sk}`);

/** @param {{fingerprint: string}} props */
function Failures({ fingerprint }) {
  const { tenant } = route.value;
  const [pages, setPages] = useState(1);
  const query = useQuery(
    [tenant, "failures", fingerprint, pages],
    ({ signal }) => failures(tenant, fingerprint, pages, signal),
    { live: true, keep: true, enabled: has("failures") },
  );
  if (!has("failures")) return null;
  return html`<${Card}
    title="Failed with it"
    hint=${query.data ? counted(query.data.items.length, "row") + (query.data.cursor ? " so far" : "") : ""}
  >
    <${Shown} query=${query} rows=${3}
      >${(/** @type {any} */ { items, cursor }) =>
        items.length
          ? html`<table class="table">
                <thead>
                  <tr>
                    <th>task</th>
                    <th>error</th>
                    <th>failed</th>
                  </tr>
                </thead>
                <tbody>
                  ${items.map(
                    (/** @type {any} */ each) =>
                      html`<tr key=${keyText(each)}>
                        <td>
                          <a href=${hrefOfId(keyText(each))}
                            >${each.type} <code>${each.code}</code
                            >${(each.index ?? null) === null ? "" : ` #${each.index}`}</a
                          >
                        </td>
                        <td class="cut wide">${each.errorText ?? ""}</td>
                        <td><${Time} at=${each.updatedAt} /></td>
                      </tr>`,
                  )}
                </tbody>
              </table>
              ${cursor && html`<div class="card-foot"><${Button} small onClick=${() => setPages(pages + 1)}>More<//></div>`}`
          : html`<${Empty} title="Nothing that failed with it is left"
              >What was retried or removed is no longer listed; subtasks of batches that were given
              up have no rows of their own.<//
            >`}<//
    >
  <//>`;
}

/** @param {string} tenant @param {string} fingerprint @param {number} pages @param {AbortSignal} signal */
async function failures(tenant, fingerprint, pages, signal) {
  const items = [];
  let cursor = null;
  for (let n = 0; n < pages; n += 1) {
    const page = await get(of(tenant, "failures"), {
      signal,
      query: { fingerprint, limit: PAGE, cursor },
    });
    items.push(...page.items);
    cursor = page.cursor ?? null;
    if (!cursor) break;
  }
  return { items, cursor };
}
