// What can go wrong with a request, in the few kinds that a page answers differently.

/**
 * @typedef {"forbidden" | "unkeyed" | "readonly" | "expired" | "missing" | "conflict" | "invalid"
 *   | "limited" | "old" | "offline" | "signin" | "unreachable" | "server"} Kind
 */

/** An answer that is none: the API's own sentence, and which kind of error it is. */
export class ApiError extends Error {
  /**
   * @param {Kind} kind
   * @param {string} message
   * @param {{status?: number, code?: string, details?: any}} [more]
   */
  constructor(kind, message, { status = 0, code = "", details = undefined } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** @type {Record<number, Kind>} */
const KINDS = {
  400: "invalid",
  401: "expired",
  403: "forbidden",
  404: "missing",
  405: "old",
  409: "conflict",
  410: "conflict",
  413: "invalid",
  422: "invalid",
  429: "limited",
};

/**
 * The error of a response that is not 2xx.
 *
 * @param {number} status
 * @param {any} body What the API sent: {error: {code, message, details}}, or {message}.
 */
export function errorOf(status, body) {
  const told = body?.error ?? body ?? {};
  const code = String(told.code ?? "");
  const message = String(told.message ?? `the API answered ${status}`);
  let kind = KINDS[status] ?? "server";
  if (code === "no_route" || (status === 404 && /there is no route/i.test(message))) kind = "old";
  if (code === "unreachable") kind = "unreachable";
  if (code === "wrong_key") kind = "unkeyed";
  if (code === "read_only") kind = "readonly";
  if (/^credentials_/.test(code) || (status === 403 && /expired/i.test(message)))
    kind = "expired";
  return new ApiError(kind, message, { status, code, details: told.details });
}
