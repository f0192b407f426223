// The counts of the tenant in view; the beacon keeps them.
import { has } from "../session.js";
import { route } from "../router.js";
import { ready } from "../shell/boot.js";
import { get, of } from "./client.js";
import { statisticsKey } from "./live.js";
import { useQuery } from "./queries.js";

/**
 * @typedef {import("./types.d.ts").TypeStatistics} TypeCounts
 * @typedef {import("./types.d.ts").Statistics} Statistics
 */

/** @typedef {Omit<import("./queries.js").Result, "data"> & {data: Statistics | undefined}} Told */

/** @returns {Told} */
export function useStatistics() {
  const { tenant } = route.value;
  return useQuery(statisticsKey(tenant), ({ signal }) => get(of(tenant, "statistics"), { signal }), {
    enabled: Boolean(tenant) && ready.value && has("statistics"),
    staleTime: 60_000, // the beacon brings what is newer
  });
}

/**
 * All tasks by status.
 *
 * @param {Statistics | undefined} statistics
 * @param {string} [type] Of this type only.
 */
export function totals(statistics, type) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const each of statistics?.types ?? []) {
    if (type && each.type !== type) continue;
    for (const [status, n] of Object.entries(each.counts)) {
      sums[status] = (sums[status] ?? 0) + Number(n);
    }
  }
  return sums;
}
