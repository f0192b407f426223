// Which task types there are: those that are deployed, and those that have tasks.
import { get, of } from "../api/client.js";
import { queries } from "../api/queries.js";
import { has } from "../session.js";

/**
 * The deployed types with their schemas; empty if the API cannot tell.
 *
 * @param {string} tenant
 * @returns {Promise<any[]>}
 */
export async function deployedTypes(tenant) {
  if (!has("types")) return [];
  const read = () => get(of(tenant, "types")).then(({ types }) => types);
  return queries.fetchQuery({ queryKey: [tenant, "types"], staleTime: 60_000, queryFn: read });
}

/**
 * The names of all types, sorted.
 *
 * @param {string} tenant
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
export async function knownTypes(tenant, signal) {
  const counted = has("statistics") ? (await get(of(tenant, "statistics"), { signal })).types : [];
  return [...new Set([...(await deployedTypes(tenant)), ...counted].map(({ type }) => type))].sort();
}
