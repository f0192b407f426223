// Requests to the API: identity, exact numbers, ETags, read units, errors by kind.
// A number that a double does not hold as written (2**53 + 1, 1.0) is a `Num`: use `Number(x)`.
import { ApiError, errorOf } from "./errors.js";
import { parse, stringify } from "../models/exact-json.js";
import { count } from "./reads.js";
import { consoleInfo, identity, token } from "../session.js";

/**
 * @typedef {object} Options
 * @property {any} [body] Sent as JSON.
 * @property {Record<string, any>} [query] Left out: undefined, null, "".
 * @property {string | null} [etag] Sent as If-None-Match.
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} Answer
 * @property {any} data undefined when nothing changed (304) and for 204.
 * @property {number} status
 * @property {string | null} etag
 */

/**
 * Send a request.
 *
 * @param {string} method
 * @param {string} path Below `/v1`, such as "/whoami".
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 * @throws {ApiError}
 */
export async function request(method, path, options = {}) {
  const response = await send(method, path, options);
  count(response.headers);
  if (response.status === 401 && token.peek()) void import("../signin.js").then((m) => m.refused());
  const etag = response.headers.get("etag");
  if (response.status === 304) return { data: undefined, status: 304, etag };
  const text = await response.text();
  const data = parsed(text);
  if (!response.ok) throw errorOf(response.status, data);
  return { data, status: response.status, etag };
}

/**
 * @param {string} path
 * @param {Omit<Options, "body">} [options]
 * @returns {Promise<any>} The answer's JSON.
 */
export async function get(path, options) {
  return (await request("GET", path, options)).data;
}

/**
 * @param {string} path
 * @param {any} [body]
 * @param {Options} [options]
 * @returns {Promise<any>} The answer's JSON.
 */
export async function post(path, body, options) {
  return (await request("POST", path, { ...options, body })).data;
}

/**
 * A path of a tenant, its parts encoded: `of("acme", "tasks", type, code)`.
 *
 * @param {string} tenant
 * @param {...(string | number)} parts
 */
export function of(tenant, ...parts) {
  return ["/tenants", tenant, ...parts].map((each, at) => (at ? segment(each) : each)).join("/");
}

/** @param {string | number} part */
function segment(part) {
  return encodeURIComponent(String(part));
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function send(method, path, { body, query, etag, signal }) {
  const base = consoleInfo.peek().apiBase ?? "/v1";
  const headers = new Headers(identity());
  if (etag) headers.set("if-none-match", etag);
  if (body !== undefined) headers.set("content-type", "application/json");
  const content = body === undefined ? {} : { body: stringify(body) };
  try {
    return await fetch(base + path + queryOf(query), {
      method,
      headers,
      cache: "no-store",
      credentials: "omit",
      ...(signal ? { signal } : {}),
      ...content,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("offline", "The console's server does not answer.");
  }
}

/** @param {Record<string, any>} [query] */
export function queryOf(query) {
  const given = Object.entries(query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

/** @param {string} text */
function parsed(text) {
  if (!text) return undefined;
  try {
    return parse(text);
  } catch {
    return { message: text.slice(0, 300) };
  }
}
