// Dialogs of the limits page: set, unset, pause, resume; each says what follows.
import { of, post, request } from "../api/client.js";
import { isPaused, tenantPause } from "../api/pauses.js";
import { useQuery } from "../api/queries.js";
import { html, useState } from "../lib.js";
import { counted, whole } from "../numbers.js";
import { Choice } from "../parts/basics.js";
import { route } from "../router.js";
import { inputOf, textsOf } from "../models/schema-form.js";
import { Ask } from "../widgets/ask.js";
import { fieldOf, optionsForm, problemsOf } from "../widgets/form-view.js";
import { each, typed } from "../widgets/short.js";
import { effectOf, wordsOf } from "./limits-data.js";
import { knownTypes } from "./types-data.js";

/** @typedef {import("../api/types.d.ts").LimitView} Limit */

const NAME = fieldOf({ path: "name", required: true, hint: "of the limit; that of the task type, if it was given none" });
const KEY = fieldOf({ path: "key", hint: "what it counts apart; empty: every key" });
/** @type {Record<string, any[]>} */
const VALUES = {
  concurrency: [fieldOf({ path: "concurrency", label: "tasks at a time", kind: "integer", required: true, hint: "0 lets none begin" })],
  rate: [
    fieldOf({ path: "rate", label: "units", kind: "integer", required: true }),
    fieldOf({ path: "perSeconds", label: "within so many seconds", kind: "integer", hint: "as the code says, if empty" }),
    fieldOf({ path: "burst", kind: "integer", hint: "units that may start at once; all of them, if empty" }),
  ],
};

/** Where limits are: of the tenant in view, or of the stack. @param {boolean} ofStack @param {string} name */
const pathOf = (ofStack, name) => (ofStack ? `/limits/${encodeURIComponent(name)}` : of(route.peek().tenant, "limits", name));

/** @param {Partial<Limit>} limit */
const title = ({ name, key }) => html`<b>${name}</b>${key && html`, key <code class="key">${key}</code>`}`;

/** @param {{limit?: Limit, ofStack?: boolean, close: () => void}} props limit: none, to ask which. */
export function SetDialog({ limit, ofStack = false, close }) {
  const [kind, setKind] = useState(limit?.kind ?? "concurrency");
  const { limit: most, rate, perSeconds, burst } = limit ?? {};
  const values = VALUES[kind] ?? [];
  const fields = [...(limit ? [] : [NAME]), ...(limit?.key || limit?.keyed === false ? [] : [KEY]), ...values];
  const [texts, setTexts] = useState(() => textsOf(values, { concurrency: most ?? undefined, rate: rate ?? undefined, perSeconds: perSeconds ?? undefined, burst: burst ?? undefined }));
  const [problems, setProblems] = useState({});
  const { value, problems: wrong } = inputOf(fields, texts);
  const wanted = wordsOf({ kind, limit: value.concurrency, ...value });
  const run = async () => {
    if (!limit && !value.name) wrong.name = "is required";
    setProblems(wrong);
    if (Object.keys(wrong).length) return undefined;
    const { name = limit?.name, ...body } = value;
    try {
      const { data } = await request("PUT", pathOf(ofStack, name), { body: { ...(limit?.key ? { key: limit.key } : {}), ...body } });
      return `Set: ${name}${data.key ? `, key ${data.key}` : ""}, ${wordsOf(data)}.${data.warning ? ` But ${data.warning}.` : ""}`;
    } catch (error) {
      setProblems(problemsOf(error, fields));
      return undefined;
    }
  };
  const isChange = limit && !texts.key; // of a key that is typed, nothing is known here
  return html`<${Ask} title=${limit ? html`Set ${title(limit)}` : "Set a limit"} verb="Set" run=${run} close=${close}>
    ${!limit && html`<p><${Choice} label="Kind" value=${kind} options=${[["concurrency", "At a time"], ["rate", "Within a time"]]} onChange=${setKind} /></p>`}
    ${isChange && html`<p>Now ${wordsOf(limit) || "unknown"}, ${limit.setAt ? "as it is set" : "as the code says"}.${limit.kind === "concurrency" && html` ${whole(limit.held ?? 0)} held, ${whole(limit.waiting ?? 0)} waiting.`}</p>`}
    ${optionsForm(fields, texts, problems, setTexts)}
    <p class="muted" role="status">${wanted && html`<b>${isChange && wordsOf(limit) ? `${wordsOf(limit)} → ` : ""}${wanted}</b>, in place of what the code says. `}${wanted && effectOf(isChange ? { ...limit, kind } : { kind }, value.concurrency)}</p><//>`;
}

/** @param {{limit: Limit, all?: Limit, ofStack?: boolean, close: () => void}} props all: what is set for every key. */
export function UnsetDialog({ limit, all, ofStack = false, close }) {
  const { name, key } = limit;
  const run = async () => {
    const { data } = await request("DELETE", pathOf(ofStack, name), { query: { key } });
    return `Unset: ${name}${key ? `, key ${key}` : ""}${wordsOf(data) && `, ${wordsOf(data)} now`}.`;
  };
  return html`<${Ask} title=${html`Unset ${title(limit)}`} verb="Unset" run=${run} close=${close}>
    <p>Now ${wordsOf(limit)}, as it is set. ${key && all?.setAt ? html`What is set for every key holds then: ${wordsOf(all)}.` : "What the code says holds again."}
      ${limit.kind === "concurrency" ? " If that is less, no slot is taken away; if it is more, tasks that wait go on." : ` ${effectOf(limit, undefined)}`}</p><//>`;
}

/** @param {{close: () => void}} props */
export function PauseDialog({ close }) {
  const { tenant } = route.value;
  const [type, setType] = useState("");
  const types = useQuery([tenant, "types", "known"], ({ signal }) => knownTypes(tenant, signal));
  const run = async () => {
    await post(type ? of(tenant, "types", type, "pause") : of(tenant, "pause"));
    return `Paused: ${type || tenant}.`;
  };
  return html`<${Ask} title="Pause" verb="Pause" kind="danger" run=${run} close=${close}>
    <div class="field"><label for="paused-type">What</label>
      <select id="paused-type" class="input" value=${type} onChange=${typed(setType)}>
        ${!tenantPause() && html`<option value="">all types of ${tenant}</option>`}
        ${each(types.data, (one) => html`<option value=${one} disabled=${isPaused(one) && !tenantPause()}>${one}</option>`)}</select></div>
    <p>Workers hear of it within 15 seconds. What runs goes on, and what has a slot of a limit. Everything else is parked when its turn comes,
      and keeps its attempts. Resumed, all of it goes on in its order.</p><//>`;
}

/** @param {{pause: import("../api/pauses.js").Pause, close: () => void}} props */
export function ResumeDialog({ pause, close }) {
  const { tenant } = route.value;
  const what = pause.type ?? tenant;
  const run = async () => {
    await post(pause.type ? of(tenant, "types", pause.type, "resume") : of(tenant, "resume"));
    return `Resumed: ${what}.`;
  };
  return html`<${Ask} title=${html`Resume <b>${what}</b>`} verb="Resume" run=${run} close=${close}>
    <p>${counted(Number(pause.waiting ?? 0), "task")} that ${Number(pause.waiting) === 1 ? "waits goes" : "wait go"} on, in the order of their creation.${!pause.type && " Types that are paused by themselves stay so."}</p><//>`;
}
