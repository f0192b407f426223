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
  return queries.fetchQuery({
    queryKey: [tenant, "types"],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      try {
        return (await get(of(tenant, "types"), { signal })).types ?? [];
      } catch (error) {
        if (/** @type {any} */ (error).kind === "old") return [];
        throw error;
      }
    },
  });
}

/**
 * The names of all types, sorted.
 *
 * @param {string} tenant @param {AbortSignal} [signal] @returns {Promise<string[]>}
 */
export async function knownTypes(tenant, signal) {
  const names = (await deployedTypes(tenant)).map(({ type }) => type);
  try {
    const counted = has("statistics")
      ? await get(of(tenant, "statistics"), { ...(signal ? { signal } : {}) })
      : { types: [] };
    names.push(...counted.types.map((/** @type {any} */ each) => each.type));
  } catch {
    // An API without statistics: the deployed types are all that is known.
  }
  return [...new Set(names)].sort();
}
