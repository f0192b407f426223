/** A JSON value as a folding tree with search and copy. Values become text nodes only. */
import { stringify } from "../models/exact-json.js";
import { html, useMemo, useState } from "../lib.js";
import { counted } from "../numbers.js";
import { Copy } from "../parts/basics.js";
import { FIRST_BYTES, hasMasked, listing, valueAt } from "../models/json-tree.js";

/**
 * @param {{value: any, label: string, onReveal?: (() => void)|null, revealed?: boolean, onDownload?: (() => void)|null}} props
 *   `onReveal`: asks for the masked values; absent if the caller may not have them.
 */
export function JsonView({ value, label, onReveal, revealed, onDownload }) {
  const [query, setQuery] = useState("");
  const [budget, setBudget] = useState(FIRST_BYTES);
  const [hand, setHand] = useState(/** @type {Record<string, boolean>} */ ({}));
  const shown = useMemo(() => {
    const paths = Object.keys(hand);
    return listing(value, {
      query,
      budget,
      folded: new Set(paths.filter((each) => !hand[each])),
      unfolded: new Set(paths.filter((each) => hand[each])),
    });
  }, [value, query, budget, hand]);
  const masked = useMemo(() => hasMasked(value), [value]);
  return html`<div class="json">
    <div class="json-bar">
      <input
        type="search"
        class="input small"
        placeholder="Search in ${label}"
        aria-label="Search in ${label}"
        value=${query}
        onInput=${(/** @type {any} */ e) => setQuery(e.target.value)}
      />
      ${query && html`<span class="muted" role="status">${counted(shown.matches, "match", "matches")}</span>`}
      <span class="grow"></span>
      ${masked && !revealed && onReveal && html`<button class="button small" onClick=${onReveal}>Reveal secrets</button>`}
      ${onDownload && html`<button class="button small" onClick=${onDownload}>Download</button>`}
      <${Copy} text=${() => stringify(value, 2)} label="Copy" />
    </div>
    ${masked && !onReveal && html`<p class="muted">Values shown as <span class="mask">•••</span> are secret; you may not reveal them.</p>`}
    <ul class="json-rows" role="tree" aria-label=${label}>
      ${shown.rows.map(
        (row) =>
          html`<${Row}
            key=${row.path}
            row=${row}
            value=${value}
            onFold=${() => setHand({ ...hand, [row.path]: !row.open })}
          />`,
      )}
    </ul>
    ${!shown.rows.length && html`<p class="muted">Nothing matches.</p>`}
    ${shown.more && html`<button class="button small" onClick=${() => setBudget(budget * 4)}>Show more (${Math.round(budget / 1024)} KB shown)</button>`}
  </div>`;
}

/** @param {{row: import('../models/json-tree.js').JsonRow, value: any, onFold: () => void}} props */
function Row({ row, value, onFold }) {
  const branch = row.kind === "object" || row.kind === "array";
  const brackets = row.kind === "array" ? "[]" : "{}";
  const name = row.key === null ? "" : `${row.key}`;
  return html`<li
    class=${`json-row${row.match ? " hit" : ""}`}
    role="treeitem"
    aria-level=${row.depth + 1}
    aria-expanded=${branch ? String(row.open) : undefined}
    style=${{ "--depth": row.depth }}
  >
    ${
      branch && row.count > 0
        ? html`<button
            class="fold"
            aria-label=${`${row.open ? "Fold" : "Unfold"} ${name || "all"}`}
            onClick=${onFold}
          >
            ${row.open ? "▾" : "▸"}
          </button>`
        : html`<span class="fold"></span>`
    }
    ${name !== "" && html`<span class=${typeof row.key === "number" ? "json-index" : "json-key"}>${name}</span><span class="muted">: </span>`}
    ${
      row.masked
        ? html`<span class="mask" title="Secret: masked by the API">•••</span>`
        : branch
          ? html`<span class="muted">${brackets[0]}</span
              >${!row.open && html`<span class="json-preview">${row.text}</span>`}${
                (!row.open || !row.count) && html`<span class="muted">${brackets[1]}</span>`
              }
              ${row.count > 0 && html`<span class="json-count">${row.count}</span>`}`
          : html`<span class=${`json-${row.kind}`}>${row.text}</span>`
    }
    <span class="json-tools"
      ><${Copy} text=${() => copied(value, row.path)} label=${`Copy ${name || "all"}`} />
      ${row.path && html`<${Copy} text=${row.path} label=${`Copy the path ${row.path}`} />`}</span
    >
  </li>`;
}

/** What "copy" gives: a text as it is, anything else as JSON. @param {any} value @param {string} path */
function copied(value, path) {
  const one = valueAt(value, path);
  return typeof one === "string" ? one : stringify(one, 2);
}
