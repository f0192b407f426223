// What is paused of the tenant in view: some of its types, or all of it.
import { signal } from "../lib.js";
import { route } from "../router.js";
import { has } from "../session.js";
import { ready } from "../shell/boot.js";
import { get, of } from "./client.js";
import { paused } from "./live.js";
import { useQuery } from "./queries.js";

/** @typedef {import("./types.d.ts").PauseView} Pause */

const EVERY = 15_000; // ms: as soon as workers hear of it

/** @type {import("../../vendor/signals-core.js").Signal<Pause[]>} Kept by the banner of the frame. */
export const pauses = signal(/** @type {Pause[]} */ ([]));

/** The query behind `pauses`; once, in the frame. */
export function usePauses() {
  const { tenant } = route.value;
  return useQuery([tenant, "pauses"], ({ signal: given }) => get(of(tenant, "pauses"), { signal: given }), {
    enabled: Boolean(tenant) && ready.value && has("limits"),
    staleTime: EVERY,
    ...(paused.value ? {} : { every: EVERY }),
  });
}

/** The pause of the whole tenant, if there is one. */
export const tenantPause = () => pauses.value.find(({ type }) => !type);

/**
 * Whether nothing of a type begins: it is paused, or the tenant.
 *
 * @param {string} type
 */
export const isPaused = (type) => pauses.value.some((each) => (each.type ?? type) === type);
