// What a page shows in place of data: nothing yet, nothing at all, or an error and what to do.
import { html } from "../lib.js";
import { ApiError } from "../api/errors.js";
import { consoleInfo } from "../session.js";
import { Button } from "./basics.js";
import { Icon } from "./icons.js";

/** @type {Record<string, [string, string]>} Kind of error -> title, what to do. */
const ADVICE = {
  forbidden: [
    "Not allowed",
    "Your credentials may not read this. Ask for a role that has the grant, or choose another tenant.",
  ],
  unkeyed: [
    "This page has no key",
    "The key is in the address that `taskmill console` prints, and changes with each start. It is kept in one tab only.",
  ],
  signin: [
    "You could not be signed in",
    "Try again. The issuer must know this page's address as a callback: whoever deployed the stack can tell it.",
  ],
  readonly: ["This console is read-only", "It was started with `--read-only`."],
  expired: [
    "Credentials have expired",
    "Sign in again (`aws sso login`); the console reads the new credentials by itself.",
  ],
  missing: ["Not found", "It may have been removed after its retention time, or never have existed."],
  old: [
    "The API is older than this console",
    "This page needs a route that the deployed stack does not have. Deploy the stack with the newer version.",
  ],
  offline: [
    "No connection",
    "The console's server has stopped. Start it again with `taskmill console`, and open the address that it prints.",
  ],
  unreachable: [
    "The API cannot be reached",
    "The console's server got no answer from it. Is the stack deployed, or the local cloud running?",
  ],
  limited: ["Too many requests", "The API limits its callers. Try again in a moment."],
  invalid: ["The request was refused", "Change the filter or the address."],
  conflict: ["Not possible now", "It has changed meanwhile."],
  server: ["The API failed", "The function's log has the reason. Try again."],
};

/**
 * Title of an error, and what to do.
 *
 * @param {any} error
 * @returns {[string, any]}
 */
export function adviceOf(error) {
  if (!(error instanceof ApiError)) return ["This page broke", "Reload it; if it breaks again, please report it."];
  const [title, advice] = ADVICE[error.kind] ?? ["Error", ""];
  return [title, withCode(advice)];
}

/** @param {{error: any, retry?: () => void}} props */
export function ErrorState({ error, retry }) {
  const [title, advice] = adviceOf(error);
  const kind = error?.kind ?? "broken";
  const { profile } = consoleInfo.value;
  return html`<div class="state" role="alert" data-kind=${kind}>
    <${Icon} name="warning" />
    <h2>${title}</h2>
    <p class="state-said">${error?.message ?? String(error)}</p>
    <p class="muted">${advice}</p>
    ${kind === "expired" && profile && html`<p class="muted">Profile: <code>${profile}</code></p>`}
    ${retry && html`<${Button} icon="retry" onClick=${retry}>Try again<//>`}
  </div>`;
}

/** @param {string} text Whose `parts` become code. */
function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
}

/** @param {{title: string, children?: any}} props */
export function Empty({ title, children }) {
  return html`<div class="state">
    <h2>${title}</h2>
    ${children && html`<div class="muted">${children}</div>`}
  </div>`;
}

/** @param {{rows?: number, label?: string}} props */
export function Loading({ rows = 6, label = "Loading" }) {
  return html`<div class="loading" role="status" aria-label=${label}>
    ${Array.from({ length: rows }, (_, at) => html`<div class="skeleton" key=${at}></div>`)}
  </div>`;
}

/**
 * The data of a query, or the state in its place.
 *
 * @param {{query: import("../api/queries.js").Result, rows?: number,
 *   children: (data: any) => any}} props
 */
export function Shown({ query, rows, children }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return html`<${ErrorState} error=${query.error} retry=${query.refetch} />`;
  return html`<${Loading} rows=${rows} />`;
}
