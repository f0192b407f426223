// The dialog of `actions.bulk`: the exact count first, then the question, then the progress.
import { bulk } from "../actions.js";
import { get, of, post } from "../api/client.js";
import { hurry } from "../api/live.js";
import { useQuery } from "../api/queries.js";
import { html, useEffect, useState } from "../lib.js";
import { counted, whole } from "../numbers.js";
import { href, route } from "../router.js";
import { environment, isProduction } from "../session.js";
import { isFinal, word } from "../statuses.js";
import { Button } from "./basics.js";
import { Dialog } from "./dialog.js";
import { ErrorState, Loading } from "./states.js";
import { progressOf, Progress } from "../widgets/progress.js";

const TYPED_ABOVE = 100; // tasks; the number is typed
const DONE = { retry: "retried", cancel: "cancelled" };

/** The dialog of `actions.bulk`; shows nothing while that is null. */
export function BulkDialog() {
  const asked = bulk.value;
  return (
    asked &&
    html`<${Asked}
      key=${JSON.stringify(asked)}
      asked=${asked}
      close=${() => (bulk.value = null)}
    />`
  );
}

/** @param {{asked: import("../actions.js").Bulk, close: () => void}} props */
function Asked({ asked, close }) {
  const path = of(route.peek().tenant, "bulk");
  const { action, filter, keys } = asked;
  const body = {
    action,
    ...(keys ? { keys: keys.map(({ pk, sk }) => ({ pk, sk })) } : { filter }),
  };
  const counting = useQuery(
    [route.value.tenant, "bulk", "count", JSON.stringify(body)],
    () => post(path, { ...body, dryRun: true }),
    { staleTime: 0 },
  );
  const [started, setStarted] = useState(/** @type {any} */ (null));
  const verb = action === "retry" ? "Retry" : "Cancel";
  const what = asked.what ?? (keys ? "chosen tasks" : "tasks that match");
  if (started)
    return html`<${Running} started=${started} verb=${verb} what=${what} close=${close} />`;
  if (counting.isFetching || !counting.data)
    return html`<${Dialog}
      title=${`${verb} ${what}`}
      onClose=${close}
      actions=${html`<${Button} onClick=${close}>Close<//>`}
    >
      ${
        counting.error && !counting.isFetching
          ? html`<${ErrorState} error=${counting.error} retry=${counting.refetch} />`
          : html`<p>Counting …</p>
              <${Loading} rows=${2} />`
      }<//
    >`;
  return html`<${Question}
    ...${{ asked, body, path, verb, what, close, counted: counting.data, onStart: setStarted, recount: counting.refetch }}
  />`;
}

/** @param {any} props */
function Question({ asked, body, path, verb, what, close, counted: found, onStart, recount }) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [sure, setSure] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const { count, exact, sample = [] } = found;
  const mustType = count > TYPED_ABOVE;
  const typedRight = !mustType || typed.replace(/[\s,._]/g, "") === String(count);
  const mustBeSure = isProduction.value;
  const run = async () => {
    if (mustBeSure && !sure) {
      setSure(true);
      return;
    }
    setBusy(true);
    try {
      onStart(
        await post(path, {
          ...body,
          dryRun: false,
          ...(reason ? { reason } : {}),
          expected: count,
        }),
      );
      hurry();
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
      setSure(false);
      setBusy(false);
    }
  };
  const actions = html`<${Button} onClick=${close}>Keep as they are<//>
    <${Button}
      kind=${asked.action === "cancel" || sure ? "danger" : "primary"}
      disabled=${!count || !typedRight || busy}
      onClick=${run}
    >
      ${sure ? `Yes, in ${environment.value}: ${verb.toLowerCase()} ${whole(count)}` : `${verb} ${counted(count, "task")}`}<//
    >`;
  return html`<${Dialog} title=${`${verb} ${what}`} onClose=${close} actions=${actions}>
    <p class="bulk-count">
      <b>${whole(count)}</b> ${count === 1 ? "task" : "tasks"}${exact === false ? " or more" : ""}
      ${asked.action === "retry" ? "will run again" : "will be cancelled"}.
    </p>
    <${FilterWords} filter=${asked.filter} />
    ${
      sample.length > 0 &&
      html`<details>
        <summary>For example</summary>
        <ul class="samples">
          ${sample.map((/** @type {any} */ each) => html`<li key=${each.sk ?? each}><code>${each.sk ?? each}</code></li>`)}
        </ul>
      </details>`
    }
    ${
      count > 0 &&
      html`<div class="field">
        <label for="bulk-reason">Reason <span class="field-kind">kept with it</span></label>
        <input
          id="bulk-reason"
          class="input"
          maxlength="200"
          value=${reason}
          onInput=${(/** @type {any} */ event) => setReason(event.target.value)}
        />
      </div>`
    }
    ${
      mustType &&
      html`<div class="field">
        <label for="bulk-typed">Type <b>${count}</b> to go on</label>
        <input
          id="bulk-typed"
          class="input"
          inputmode="numeric"
          autocomplete="off"
          value=${typed}
          onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}
        />
      </div>`
    }
    ${sure && html`<p class="banner danger" role="alert">This is <b>${environment.value}</b>. Press once more to go on.</p>`}
    ${refusal && html`<p class="banner danger" role="alert">${refusal} <${Button} small onClick=${recount}>Count again<//></p>`}
    <p class="muted">
      It runs in the stack: closing this page changes nothing. It can be cancelled and resumed under${" "}<a href=${href("bulk")} onClick=${close}>Bulk operations</a>.
    </p>
  <//>`;
}

/** A filter in words. @param {{filter?: any}} props */
export function FilterWords({ filter }) {
  const parts = Object.entries(filter ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && String(value) !== "",
  );
  if (!parts.length) return null;
  return html`<p class="tags">
    ${parts.map(
      ([name, value]) =>
        html`<span class="tag" key=${name}
          >${NAMES[name] ?? name}
          ${
            Array.isArray(value)
              ? value.map((each) => word(String(each))).join(", ")
              : String(value)
          }</span
        >`,
    )}
  </p>`;
}

/** @type {Record<string, string>} */
const NAMES = {
  type: "type",
  status: "status",
  fingerprint: "error",
  createdAfter: "created after",
  createdBefore: "created before",
};

/** @param {{started: any, verb: string, what: string, close: () => void}} props */
function Running({ started, verb, what, close }) {
  const path = of(route.peek().tenant, "tasks", started.type, started.code);
  const query = useQuery(
    [route.value.tenant, "bulk", started.code],
    ({ signal }) => get(path, { signal }),
    { every: 1_000 },
  );
  const task = query.data ?? started;
  const ended = isFinal(task.status);
  useEffect(() => void (ended && hurry()), [ended]);
  const { done = 0 } = progressOf(task);
  return html`<${Dialog}
    title=${ended ? `${verb}: ${word(task.status)}` : `${verb} ${what}`}
    onClose=${close}
    actions=${html`<a class="button plain" href=${href("task", [started.type, started.code])} onClick=${close}>Its page</a><${Button} kind="primary" onClick=${close}>${ended ? "Done" : "Close, it goes on"}<//>`}
  >
    <${Progress} task=${task} />
    ${ended && html`<p role="status">${counted(done, "task")} ${DONE[/** @type {"retry"} */ (verb.toLowerCase())]}.</p>`}
  <//>`;
}
