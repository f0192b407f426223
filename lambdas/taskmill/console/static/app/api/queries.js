// Queries by key, shared and cached by TanStack's query-core; one hook instead of an adapter.
import { QueryClient, QueryObserver } from "../../vendor/query-core.js";
import { useEffect, useMemo, useState } from "../lib.js";
import { ApiError } from "./errors.js";

const FINAL_KINDS = ["forbidden", "missing", "old", "invalid", "expired", "conflict"];

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false, // paused means paused: what is live is said by the beacon
      refetchOnReconnect: false,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && FINAL_KINDS.includes(error.kind)),
      networkMode: "always",
    },
  },
});

/**
 * @typedef {object} Result
 * @property {any} data
 * @property {any} error
 * @property {boolean} isPending No data yet.
 * @property {boolean} isFetching
 * @property {number} dataUpdatedAt
 * @property {() => Promise<any>} refetch
 */

/**
 * Follow a query; the component is drawn again with each change.
 *
 * @param {readonly unknown[]} key Begins with the tenant, so that no two tenants share an answer.
 * @param {(context: {signal: AbortSignal}) => Promise<any>} read
 * @param {{live?: boolean, enabled?: boolean, staleTime?: number, keep?: boolean,
 *   every?: number}} [options]
 *   live: read again when the beacon says that something changed; keep: show the data of the
 *   previous key until there is some of this one; every: read again after so many milliseconds.
 * @returns {Result}
 */
export function useQuery(key, read, options = {}) {
  const { live = false, enabled = true, staleTime, keep = false, every } = options;
  const settings = {
    queryKey: key,
    queryFn: read,
    enabled,
    meta: { live },
    ...(staleTime === undefined ? {} : { staleTime }),
    ...(keep ? { placeholderData: (/** @type {any} */ previous) => previous } : {}),
    ...(every ? { refetchInterval: every, refetchIntervalInBackground: false } : {}),
  };
  const observer = useMemo(() => new QueryObserver(queries, /** @type {any} */ (settings)), []);
  const [, redraw] = useState(0);
  useEffect(() => observer.subscribe(() => redraw((count) => count + 1)), [observer]);
  observer.setOptions(/** @type {any} */ (settings));
  return /** @type {any} */ (observer.getOptimisticResult(/** @type {any} */ (observer.options)));
}

/** Read again what is shown and said to be live. */
export function refreshLive() {
  return queries.invalidateQueries({ predicate: (query) => query.meta?.live === true });
}
