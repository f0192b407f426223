// The filter language: `status:failed,cancelled type:invoice created:<2h error:Timeout code:01M8`.
import { parseDuration } from "./durations.js";
import { STATUSES } from "./statuses.js";

/** @typedef {{field: string, value: string}} Term A word without a field has the field "code". */

/**
 * @typedef {object} Wanted What a list is asked for.
 * @property {string} [type]
 * @property {string[]} [status]
 * @property {string} [createdAfter] ISO.
 * @property {string} [createdBefore] ISO.
 * @property {string} [codePrefix]
 * @property {string} [error] A fingerprint, or a part of the error's text.
 * @property {{term: Term, why: string}[]} faults Terms that are not understood.
 */

/** Field -> what it means, as suggestions say it. */
export const FIELDS = {
  status: "in one of these statuses",
  type: "of this task type",
  created: "younger (<2h), older (>2h), or between days (2026-11-01..2026-11-30)",
  code: "whose code begins with this",
  error: "failed with this error: a word of it, or its fingerprint",
};

const TERM = /(?:([a-z][\w.]*):)?("(?:[^"\\]|\\.)*"|[^\s"]+)/gi;

/**
 * @param {string} text
 * @returns {Term[]}
 */
export function parseFilter(text) {
  return [...text.matchAll(TERM)].map(([, field, value = ""]) => ({
    field: (field ?? "code").toLowerCase(),
    value: value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value,
  }));
}

/** @param {Term[]} terms */
export function writeFilter(terms) {
  return terms.map(({ field, value }) => `${field}:${quoted(value)}`).join(" ");
}

/** @param {string} value */
function quoted(value) {
  return /^[^\s"]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The terms with one more; of a field that was given already, the new value replaces the old.
 *
 * @param {Term[]} terms
 * @param {Term} term
 */
export function withTerm(terms, term) {
  return [...terms.filter(({ field }) => field !== term.field), term];
}

/**
 * @param {Term[]} terms
 * @param {string} name
 */
export function valueOf(terms, name) {
  return terms.find(({ field }) => field === name)?.value;
}

/**
 * What to ask the API for.
 *
 * @param {Term[]} terms
 * @param {number} at Epoch milliseconds from which ages are counted.
 * @returns {Wanted}
 */
export function wantedBy(terms, at) {
  /** @type {Wanted} */
  const wanted = { faults: [] };
  for (const term of terms) {
    const why = add(wanted, term, at);
    if (why) wanted.faults.push({ term, why });
  }
  const code = terms.find(({ field }) => field === "code");
  if (code && !wanted.type) {
    delete wanted.codePrefix; // the API looks within a type
    wanted.faults.push({ term: code, why: "a code is looked for within a type: add type:…" });
  }
  return wanted;
}

/**
 * @param {Wanted} wanted
 * @param {Term} term
 * @param {number} at
 * @returns {string | undefined} Why the term is not understood.
 */
function add(wanted, { field, value }, at) {
  if (field === "type") wanted.type = value;
  else if (field === "code") wanted.codePrefix = value;
  else if (field === "error") wanted.error = value;
  else if (field === "status") return addStatuses(wanted, value);
  else if (field === "created") return addTimes(wanted, value, at);
  else return `there is no field "${field}"; there are ${Object.keys(FIELDS).join(", ")}`;
  return undefined;
}

/**
 * @param {Wanted} wanted
 * @param {string} value
 */
function addStatuses(wanted, value) {
  const names = value.toUpperCase().split(",").filter(Boolean);
  const unknown = names.find((name) => !STATUSES.some((each) => each === name));
  if (unknown) return `there is no status "${unknown.toLowerCase()}"`;
  wanted.status = names;
  return undefined;
}

/**
 * @param {Wanted} wanted
 * @param {string} value
 * @param {number} at
 */
function addTimes(wanted, value, at) {
  const age = parseDuration(value.replace(/^[<>]/, ""));
  if (age !== null && /^[<>]/.test(value)) {
    const moment = new Date(at - age).toISOString();
    wanted[value.startsWith("<") ? "createdAfter" : "createdBefore"] = moment;
    return undefined;
  }
  const [from = "", to = ""] = value.includes("..") ? value.split("..") : [value, value];
  const [after, before] = [momentOf(from, false), momentOf(to, true)];
  if (after === null || before === null || !(from || to))
    return "a time is an age (<2h, >1d) or days (2026-11-01..2026-11-30)";
  if (after) wanted.createdAfter = after;
  if (before) wanted.createdBefore = before;
  return undefined;
}

/**
 * @param {string} text A day, or an ISO time, in UTC; "" is open.
 * @param {boolean} end Of a day: its end.
 * @returns {string | null} null: no time.
 */
function momentOf(text, end) {
  if (!text) return "";
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const moment = new Date(isDay ? `${text}T00:00:00Z` : text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(moment.getTime())) return null;
  return new Date(moment.getTime() + (isDay && end ? 864e5 : 0)).toISOString();
}
