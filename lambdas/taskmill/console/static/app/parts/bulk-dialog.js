// The dialog of `actions.bulk`: the exact count first, then the question, then the progress.
import { bulk } from "../actions.js";
import { get, of, post } from "../api/client.js";
import { useQuery } from "../api/queries.js";
import { html, useEffect, useState } from "../lib.js";
import { counted, whole } from "../numbers.js";
import { href, route } from "../router.js";
import { environment, isProduction } from "../session.js";
import { isFinal, word } from "../statuses.js";
import { fieldOf, optionsForm } from "../widgets/form-view.js";
import { Progress } from "../widgets/progress.js";
import { each, reread, shown } from "../widgets/short.js";
import { Button } from "./basics.js";
import { Dialog } from "./dialog.js";

const TYPED_ABOVE = 100; // tasks; the number is typed
const REASON = fieldOf({ path: "reason", hint: "kept with it" });

/** The dialog of `actions.bulk`; shows nothing while that is null. */
export function BulkDialog() {
  const asked = bulk.value;
  return asked && html`<${Asked} key=${JSON.stringify(asked)} asked=${asked} close=${() => (bulk.value = null)} />`;
}

/** @param {{asked: import("../actions.js").Bulk, close: () => void}} props */
function Asked({ asked, close }) {
  const { action, filter, keys } = asked;
  const path = of(route.value.tenant, "bulk");
  const body = { action, ...(keys ? { keys: keys.map(({ pk, sk }) => ({ pk, sk })) } : { filter }) };
  const counting = useQuery([route.value.tenant, "count", JSON.stringify(body)], () => post(path, { ...body, dryRun: true }), { staleTime: Infinity });
  const [started, setStarted] = useState(/** @type {any} */ (null));
  useEffect(() => void counting.refetch(), []);
  const verb = action === "retry" ? "Retry" : "Cancel";
  const title = `${verb} ${asked.what ?? (keys ? "chosen tasks" : "tasks that match")}`;
  if (started) return html`<${Running} ...${{ started, verb, title, close }} />`;
  const found = counting.isFetching ? undefined : counting.data;
  if (found) return html`<${Question} ...${{ asked, body, path, verb, title, close, found, onStart: setStarted, recount: counting.refetch }} />`;
  return html`<${Dialog} title=${title} onClose=${close} actions=${html`<${Button} onClick=${close}>Close<//>`}><p>Counting …</p>${shown({ ...counting, data: found }, () => null, 2)}<//>`;
}

/** @param {any} props */
function Question({ asked, body, path, verb, title, close, found, onStart, recount }) {
  const { count, exact, sample } = found;
  const [texts, setTexts] = useState(/** @type {Record<string, string>} */ ({}));
  const [sure, setSure] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const { reason, count: typed = "" } = texts;
  const mustType = count > TYPED_ABOVE;
  const isTyped = !mustType || typed.replace(/[\s,._]/g, "") === String(count);
  const run = async () => {
    if (isProduction.value && !sure) {
      setSure(true);
      return;
    }
    setBusy(true);
    try {
      onStart(await post(path, { ...body, dryRun: false, ...(reason ? { reason } : {}), expected: count }));
      await reread();
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
      setSure(false);
      setBusy(false);
    }
  };
  const isDanger = asked.action === "cancel" || sure;
  const fields = [REASON, ...(mustType ? [fieldOf({ path: "count", label: `Type ${count} to go on`, required: true })] : [])];
  return html`<${Dialog} title=${title} onClose=${close} actions=${html`<${Button} onClick=${close}>Keep as they are<//>
      <${Button} kind=${isDanger ? "danger" : "primary"} disabled=${!count || !isTyped || busy} onClick=${run}>${sure ? `Yes, in ${environment.value}: ${verb.toLowerCase()} ${whole(count)}` : `${verb} ${counted(count, "task")}`}<//>`}>
    <p class="bulk-count"><b>${whole(count)}</b> ${count === 1 ? "task" : "tasks"}${exact === false && " or more"} will ${asked.action === "retry" ? "run again" : "be cancelled"}.</p>
    <${FilterWords} filter=${asked.filter} />
    ${sample?.length > 0 && html`<details><summary>For example</summary><ul class="samples">${each(sample, ({ sk }) => html`<li><code>${sk}</code></li>`)}</ul></details>`}
    ${count > 0 && optionsForm(fields, texts, {}, setTexts)}
    ${sure && html`<p class="banner danger" role="alert">This is <b>${environment.value}</b>. Press once more to go on.</p>`}
    ${refusal && html`<p class="banner danger" role="alert">${refusal} <${Button} small onClick=${recount}>Count again<//></p>`}
    ${asked.filter?.fingerprint && html`<p class="muted">Failed subtasks run again by way of their fan-out, which counts as one task.</p>`}
    <p class="muted">It runs in the stack: closing this page changes nothing. It can be cancelled and resumed under${" "}<a href=${href("bulk")} onClick=${close}>Bulk operations</a>.</p><//>`;
}

/** @type {Record<string, string>} */
const NAMES = { fingerprint: "error", createdAfter: "created after", createdBefore: "created before" };

/** A filter in words. @param {{filter?: any}} props */
export function FilterWords({ filter }) {
  const parts = Object.entries(filter ?? {}).filter(([, value]) => (value ?? "") !== "");
  return parts.length > 0 && html`<span class="tags">${parts.map(([name, value]) => html`<span class="tag">${NAMES[name] ?? name}: ${Array.isArray(value) ? value.map((one) => word(`${one}`)).join(", ") : String(value)}</span>`)}</span>`;
}

/** @param {any} props */
function Running({ started, verb, title, close }) {
  const path = of(route.value.tenant, "tasks", started.type, started.code);
  const task = useQuery([route.value.tenant, "bulk", started.code], ({ signal }) => get(path, { signal }), { every: 1_000 }).data ?? started;
  const ended = isFinal(task.status);
  useEffect(() => void (ended && reread()), [ended]);
  return html`<${Dialog} title=${ended ? `${verb}: ${word(task.status)}` : title} onClose=${close}
    actions=${html`<a class="button plain" href=${href("task", [started.type, started.code])} onClick=${close}>Its page</a><${Button} kind="primary" onClick=${close}>${ended ? "Done" : "Close, it goes on"}<//>`}>
    <${Progress} task=${task} /><//>`;
}
