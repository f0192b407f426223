import { bulk } from "../actions.js";

/** The dialog of `actions.bulk`; shows nothing while that is null. */
export function BulkDialog() {
  return bulk.value && null;
}
