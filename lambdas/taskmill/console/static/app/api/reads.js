// What the page in view has read, in DynamoDB's read units, and what that costs.
import { signal } from "../lib.js";

/** @typedef {{units: number, requests: number, known: boolean}} Reads */

/** @type {import("../../vendor/signals-core.js").Signal<Reads>} */
export const reads = signal({ units: 0, requests: 0, known: false });

/** US dollars per read unit, as `whoami` tells it; on-demand list price until then. */
export const dollarsPerUnit = signal(0.125e-6);

/** @param {Headers} headers Of an answer of the API. */
export function count(headers) {
  const told = headers.get("x-taskmill-read-units");
  const { units, requests, known } = reads.peek();
  reads.value = {
    units: units + (Number(told) || 0),
    requests: requests + 1,
    known: known || told !== null,
  };
}

/** Begin anew: another page is shown. */
export function resetReads() {
  reads.value = { units: 0, requests: 0, known: reads.peek().known };
}
