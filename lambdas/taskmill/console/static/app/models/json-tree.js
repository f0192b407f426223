// A JSON value as the rows of a folding tree: search, paths, and a budget of what is shown at once.
import { Num, stringify } from "./exact-json.js";

export const MASK = "***";
export const FIRST_BYTES = 65_536; // shown at once; as many more with each "more"

/**
 * @typedef {'object'|'array'|'string'|'number'|'boolean'|'null'} JsonKind
 * @typedef {{path: string, depth: number, key: string|number|null, kind: JsonKind, text: string,
 *   count: number, open: boolean, masked: boolean, match: boolean}} JsonRow
 * @typedef {{rows: JsonRow[], matches: number, more: boolean}} JsonListing
 */

/** @param {any} value @returns {JsonKind} */
export function kindOf(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number" || value instanceof Num) return "number";
  if (typeof value === "object") return "object";
  return /** @type {JsonKind} */ (typeof value);
}

/** The path of a member, as Python and jq write it: `.items[3]["a b"]`.
 * @param {string} path @param {string|number} key */
export function joinPath(path, key) {
  if (typeof key === "number") return `${path}[${key}]`;
  return /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** The value at a path that a row has; undefined if there is none.
 * @param {any} value @param {string} path */
export function valueAt(value, path) {
  for (const [, name, index, quoted] of path.matchAll(
    /\.(\w+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g,
  )) {
    if (value === null || typeof value !== "object") return undefined;
    value = value[name ?? index ?? JSON.parse(quoted ?? '""')];
  }
  return value;
}

/** @param {any} value @returns {[string|number, any][]} */
function members(value) {
  return Array.isArray(value) ? value.map((each, at) => [at, each]) : Object.entries(value);
}

/** @param {any} value */
const isBranch = (value) => value !== null && typeof value === "object" && !(value instanceof Num);

/** One line that stands for a folded branch.
 * @param {any} value @param {number} [limit] characters */
export function preview(value, limit = 60) {
  if (!isBranch(value)) return stringify(value).slice(0, limit);
  let text = "";
  for (const [key, each] of members(value)) {
    const part = isBranch(each) ? (Array.isArray(each) ? "[…]" : "{…}") : stringify(each);
    text += (text && ", ") + (typeof key === "string" ? `${key}: ` : "") + part.slice(0, limit);
    if (text.length > limit) return text.slice(0, limit) + "…";
  }
  return text;
}

/**
 * The visible rows of a value.
 * @param {any} value
 * @param {{folded?: Set<string>, unfolded?: Set<string>, depth?: number, query?: string, budget?: number}} [shown]
 *   `depth`: levels that are open by default. `query`: only rows that match, and what leads to them.
 *   `budget`: characters of text; what is beyond it is left out, and `more` is true.
 * @returns {JsonListing}
 */
export function listing(
  value,
  { folded, unfolded, depth = 2, query = "", budget = FIRST_BYTES } = {},
) {
  const wanted = query.trim().toLowerCase();
  const hits = wanted ? matching(value, wanted) : null;
  /** @type {JsonListing} */
  const out = { rows: [], matches: hits ? hits.found.size : 0, more: false };
  let left = budget;

  /** @param {any} each @param {string} path @param {string|number|null} key @param {number} level */
  const add = (each, path, key, level) => {
    if (hits && !hits.leading.has(path)) return;
    if (left <= 0) {
      out.more = true;
      return;
    }
    const branch = isBranch(each);
    const kept = branch ? members(each) : [];
    const byDefault = hits ? true : level < depth;
    const open = branch && (folded?.has(path) ? false : unfolded?.has(path) || byDefault);
    const whole = branch ? (open ? "" : preview(each)) : stringify(each);
    const text = whole.length > left ? whole.slice(0, left) : whole;
    if (text.length < whole.length) out.more = true;
    left -= text.length + String(key ?? "").length + 4;
    out.rows.push({
      path,
      depth: level,
      key,
      kind: kindOf(each),
      text,
      count: kept.length,
      open,
      masked: each === MASK,
      match: !!hits?.found.has(path),
    });
    if (open)
      for (const [name, inner] of kept) {
        add(inner, joinPath(path, name), name, level + 1);
        if (out.more && left <= 0) break;
      }
  };
  add(value, "", null, 0);
  return out;
}

/** The paths whose key or scalar contains a text, and all paths that lead to them.
 * @param {any} value @param {string} wanted lower case */
function matching(value, wanted) {
  const found = new Set();
  const leading = new Set();
  /** @param {any} each @param {string} path @param {string|number|null} key @returns {boolean} */
  const look = (each, path, key) => {
    const branch = isBranch(each);
    const own =
      (typeof key === "string" && key.toLowerCase().includes(wanted)) ||
      (!branch && String(each).toLowerCase().includes(wanted));
    if (own) found.add(path);
    let within = own;
    if (branch)
      for (const [name, inner] of members(each)) {
        if (look(inner, joinPath(path, name), name)) within = true;
      }
    if (within) leading.add(path);
    return within;
  };
  look(value, "", null);
  return { found, leading };
}

/** Whether anything in a value is masked. @param {any} value @returns {boolean} */
export function hasMasked(value) {
  return isBranch(value) ? members(value).some(([, each]) => hasMasked(each)) : value === MASK;
}
