// What is asked once: the server of the page, who looks, which tenants there are.
import { effect, signal } from "../lib.js";
import { get, of, post } from "../api/client.js";
import { ApiError } from "../api/errors.js";
import { dollarsPerUnit } from "../api/reads.js";
import { signIn } from "../signin.js";
import { consoleInfo, identity, mayWrite, tenants, whoami } from "../session.js";
import { go, href, route } from "../router.js";

/** @type {import("../../vendor/signals-core.js").Signal<any>} Why nothing can be shown. */
export const refused = signal(/** @type {any} */ (null));

export const ready = signal(false);

/** Ask the server and the API, choose a tenant; called once, and again after an error. */
export async function boot() {
  refused.value = null;
  consoleInfo.value = await aboutServer();
  try {
    const { signIn: hosted } = consoleInfo.peek();
    if (hosted && !(await signIn(hosted))) return; // the page is being left
    const told = await orNone(get("/whoami"));
    whoami.value = told ?? null;
    if (told?.dollarsPerReadUnit) dollarsPerUnit.value = Number(told.dollarsPerReadUnit);
  } catch (error) {
    refused.value = error;
  }
  ready.value = true;
  tenants.value = await knownTenants();
  chooseTenant();
}

async function aboutServer() {
  try {
    const answer = await fetch("console.json", { headers: identity(), cache: "no-store" });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

/** @returns {Promise<string[] | null>} */
async function knownTenants() {
  const told = whoami.peek()?.tenants;
  if (told) return told;
  try {
    return (await orNone(get("/tenants")))?.tenants ?? null;
  } catch {
    return null; // not granted: the tenant in view is the only one known
  }
}

function chooseTenant() {
  if (route.peek().tenant) return;
  const first = consoleInfo.peek().tenant ?? tenants.peek()?.[0];
  if (first) go(href("", [], {}, first), { replace: true });
}

/** Know who may write, anew for each tenant; called once. */
export function followPermissions() {
  effect(() => {
    const { tenant } = route.value;
    if (!ready.value || !tenant) return;
    if (consoleInfo.value.readOnly) mayWrite.value = false;
    else if (typeof whoami.value?.mayWrite === "boolean") mayWrite.value = whoami.value.mayWrite;
    else void probe(tenant);
  });
}

/** @param {string} tenant */
async function probe(tenant) {
  try {
    await post(of(tenant, "may-write"));
    mayWrite.value = true;
  } catch (error) {
    mayWrite.value = error instanceof ApiError && error.kind !== "forbidden" && error.status === 404;
  }
}

/**
 * undefined where the API has no such route.
 *
 * @param {Promise<any>} asked
 */
async function orNone(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && (error.kind === "old" || error.status === 404)) return undefined;
    throw error;
  }
}
