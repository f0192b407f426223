// Submit a task: the deployed types, a form from the function's type hints, the API's refusal field by field.
import { get, of, post } from "../api/client.js";
import { hurry } from "../api/live.js";
import { parse, stringify } from "../models/exact-json.js";
import { useQuery } from "../api/queries.js";
import { html, useEffect, useMemo, useState } from "../lib.js";
import { Button, Card, Choice, PageHead, copy } from "../parts/basics.js";
import { Menu } from "../parts/dialog.js";
import { Empty, Shown } from "../parts/states.js";
import { toast } from "../parts/toasts.js";
import { go, href, route, taskHref } from "../router.js";
import { consoleInfo, mayWrite, whoami } from "../session.js";
import { hasMasked } from "../models/json-tree.js";
import { asCli, asCurl, asPython } from "../models/snippets.js";
import { fieldsOf, inputOf, problemsOf, textsOf } from "../models/schema-form.js";
import { partsOf } from "../models/tree.js";
import { FieldView, FormView } from "../widgets/form-view.js";
import { readPayload } from "./payloads.js";
import { pathOf } from "./task-data.js";
import { deployedTypes } from "./types-data.js";

export default function SubmitPage() {
  const { tenant, parts } = route.value;
  const [chosen] = parts;
  const types = useQuery([tenant, "submit", "types"], () => deployedTypes(tenant), {
    staleTime: 60_000,
  });
  if (!mayWrite.value)
    return html`<${PageHead} title="Submit" /><${Empty} title="You may only read"
        >Your role has no grant to submit tasks.<//
      >`;
  return html`<${PageHead}
      title="Submit"
      hint=${chosen ? html`a task of type <b>${chosen}</b>` : "Choose a type."}
    />
    <${Shown} query=${types}
      >${(/** @type {any[]} */ all) =>
        html`<div class="submit">
          <${Types} all=${all} chosen=${chosen} />
          ${
            chosen
              ? html`<${Form}
                  key=${`${chosen} ${route.value.query.get("from") ?? ""}`}
                  type=${all.find((each) => each.type === chosen) ?? { type: chosen, inputSchema: null }}
                  isKnown=${all.some((each) => each.type === chosen)}
                />`
              : html`<${Empty}
                  title=${all.length ? "Choose a type" : "The API does not tell its types"}
                  >${!all.length && "Type a name at the left."}<//
                >`
          }
        </div>`}<//
    >`;
}

/** @param {{all: any[], chosen?: string}} props */
function Types({ all, chosen }) {
  const [query, setQuery] = useState("");
  const found = all.filter(({ type, description }) =>
    `${type} ${description ?? ""}`.toLowerCase().includes(query.toLowerCase()),
  );
  return html`<nav class="type-list" aria-label="Task types">
    <input
      type="search"
      class="input"
      placeholder="Search types"
      aria-label="Search types"
      value=${query}
      onInput=${(/** @type {any} */ event) => setQuery(event.target.value)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (found[0] || query) && go(href("submit", [found[0]?.type ?? query]))}
    />
    <ul>
      ${found.map(
        ({ type, description }) =>
          html`<li key=${type}>
            <a href=${href("submit", [type])} aria-current=${type === chosen ? "page" : undefined}
              ><b>${type}</b>
              ${description && html`<span class="muted cut">${description.split("\n")[0]}</span>`}</a
            >
          </li>`,
      )}
      ${
        query &&
        !found.some(({ type }) => type === query) &&
        html`<li>
          <a href=${href("submit", [query])}
            ><b>${query}</b> <span class="muted">not deployed, or not known</span></a
          >
        </li>`
      }
    </ul>
  </nav>`;
}

/** @param {any} more @returns {import("../models/schema-form.js").Field} */
const option = (more) => ({
  label: more.path,
  kind: "text",
  required: false,
  nullable: false,
  secret: false,
  description: "",
  hint: "",
  choices: [],
  fallback: undefined,
  hasDefault: false,
  group: [],
  ...more,
});
const OPTIONS = [
  option({ path: "code", hint: "identifies the task within its type; a new one if empty" }),
  option({ path: "name", hint: "for people; the type if empty" }),
  option({ path: "delaySeconds", label: "delay", kind: "integer", hint: "seconds from now" }),
  option({ path: "runAt", label: "at", kind: "datetime", hint: "when to start, with a zone" }),
  option({ path: "priority", kind: "enum", choices: ["low", "normal", "high", "urgent"] }),
  option({
    path: "deadlineSeconds",
    label: "deadline",
    kind: "integer",
    hint: "fails if it has not ended so many seconds after it was due",
  }),
];

/** @param {{type: any, isKnown: boolean}} props */
function Form({ type, isKnown }) {
  const { tenant } = route.value;
  const from = route.value.query.get("from");
  const source = useQuery(
    [tenant, "submit", "from", from],
    ({ signal }) => earlier(String(from), signal),
    { enabled: Boolean(from), staleTime: 60_000 },
  );
  const isFan = from?.startsWith("SFN_TASK") ?? false;
  if (!from) return html`<${Fields} ...${{ type, isKnown, isFan: false, input: undefined }} />`;
  return html`<${Shown} query=${source}
    >${(/** @type {any} */ { input, options }) => html`<${Fields} ...${{ type, isKnown, isFan, input, options }} />`}<//
  >`;
}

/** The input and the options of a task that is submitted again. @param {string} id @param {AbortSignal} signal */
async function earlier(id, signal) {
  const key = /** @type {any} */ (partsOf(id));
  const task = await get(pathOf(key), { signal });
  const { priority, batchSize, maxConcurrency, toleratedFailures, name } = task;
  const options = Object.fromEntries(
    Object.entries({
      priority,
      batchSize,
      maxConcurrency,
      toleratedFailures,
      name: name === task.type ? null : name,
    }).filter(([, value]) => (value ?? null) !== null),
  );
  if (!task.inputRef || key.kind !== "TASK") return { input: task.input, options };
  const answer = await get(pathOf(key, "input"), { signal });
  return { input: (await readPayload(answer.input, answer.inputUrl, signal)).value, options };
}

/** @param {any} props */
function Fields({ type, isKnown, isFan, input, options = {} }) {
  const { tenant } = route.value;
  const fields = useMemo(
    () => fieldsOf(isFan ? null : type.inputSchema, type.secretFields ?? []),
    [type, isFan],
  );
  const fits = input === undefined || canShow(fields, input);
  const [mode, setMode] = useState(fits && !isFan && type.inputSchema ? "form" : "json");
  const whole = mode === "json" ? fieldsOf(null) : fields;
  const [texts, setTexts] = useState(() => textsOf(whole, input));
  const [extras, setExtras] = useState(() =>
    Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        typeof value === "string" && name === "priority" ? JSON.stringify(value) : String(value),
      ]),
    ),
  );
  const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const wrong = document.querySelector("[aria-invalid=true]");
    if (wrong instanceof HTMLElement) wrong.focus();
  }, [problems]);
  const made = () => inputOf(whole, texts);
  const body = () => {
    const { value, given, problems: wrong } = made();
    const more = inputOf(OPTIONS, extras);
    const kept = Object.fromEntries(
      ["batchSize", "maxConcurrency", "toleratedFailures"]
        .filter((name) => name in options)
        .map((name) => [name, options[name]]),
    );
    return {
      wrong: { ...wrong, ...more.problems },
      call: {
        taskType: type.type,
        ...(given ? { input: value } : {}),
        ...more.value,
        ...(isFan ? kept : {}),
      },
    };
  };
  const change = (/** @type {string} */ to) => {
    const { value, given, problems: wrong } = made();
    if (Object.values(wrong).some((each) => each.startsWith("is no JSON"))) {
      setProblems(wrong);
      return;
    }
    if (to === "form" && given && !canShow(fields, value)) {
      toast("This input has more than the form can show.", { kind: "error" });
      return;
    }
    setTexts(textsOf(to === "json" ? fieldsOf(null) : fields, given ? value : undefined));
    setProblems({});
    setMode(to);
  };
  const submit = async () => {
    const { wrong, call } = body();
    setProblems(wrong);
    if (Object.keys(wrong).length) return;
    setBusy(true);
    try {
      const task = await post(of(tenant, isFan ? "step-function-tasks" : "tasks"), call);
      hurry();
      toast("Submitted.", { kind: "success" });
      go(taskHref({ ...task, kind: task.kind ?? (isFan ? "SFN_TASK" : "TASK") }));
    } catch (error) {
      setProblems(
        problemsOf(
          /** @type {any} */ (error),
          [...whole, ...OPTIONS].map(({ path }) => path),
        ),
      );
    }
    setBusy(false);
  };
  const give = (/** @type {(call: any) => string} */ as) => {
    const { call } = body();
    void copy(
      as({
        ...call,
        kind: isFan ? "SFN_TASK" : "TASK",
        type: type.type,
        tenant,
        given: "input" in call,
      }),
    );
    toast("Copied.", { kind: "success" });
  };
  return html`<form
    class="submit-form"
    novalidate
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void submit();
    }}
  >
    <${Card}
      title=${isFan ? "Fan-out" : "Input"}
      hint=${isFan ? "a list: each element becomes a subtask" : ""}
      actions=${
        type.inputSchema &&
        !isFan &&
        html`<${Choice}
          label="Input as"
          value=${mode}
          options=${[
            ["form", "Form"],
            ["json", "JSON"],
          ]}
          onChange=${change}
        />`
      }
    >
      <div class="card-body">
        ${!isKnown && html`<p class="banner">No deployed function of this name is known; its tasks fail, unless a worker of yours runs them.</p>`}
        ${type.description && html`<p class="muted description">${type.description}</p>`}
        ${hasMasked(input) && html`<p class="banner">Secret fields came masked, as ***: type them anew, or they are submitted as ***.</p>`}
        ${problems[""] && !whole.some(({ path }) => path === "") && html`<p class="banner danger" role="alert">${problems[""]}</p>`}
        <${FormView}
          fields=${whole}
          texts=${texts}
          problems=${problems}
          onChange=${(/** @type {string} */ path, /** @type {string} */ text) => setTexts({ ...texts, [path]: text })}
        />
      </div>
    <//>
    ${
      !isFan &&
      html`<details
        class="card options"
        open=${OPTIONS.some(({ path }) => extras[path] || problems[path])}
      >
        <summary>Options</summary>
        <div class="card-body">
          ${OPTIONS.map(
            (each) =>
              html`<${FieldView}
                key=${each.path}
                field=${each}
                text=${extras[each.path] ?? ""}
                problem=${problems[each.path]}
                onText=${(/** @type {string} */ text) => setExtras({ ...extras, [each.path]: text })}
              />`,
          )}
        </div>
      </details>`
    }
    <p class="form-actions">
      <button type="submit" class="button primary" disabled=${busy}>Submit</button>
      <${Menu}
        label="Copy as"
        text="Copy as"
        kind="plain"
        items=${[
          {
            text: "taskmill command",
            run: () => give((call) => asCli(call, consoleInfo.value.url)),
          },
          {
            text: "curl",
            run: () =>
              give((call) =>
                asCurl(call, consoleInfo.value.url ?? location.origin, whoami.value?.stack?.region),
              ),
          },
          { text: "Python", run: () => give((call) => asPython(call, consoleInfo.value.url)) },
        ]}
      />
    </p>
  </form>`;
}

/** Whether a form holds all of an input. @param {import("../models/schema-form.js").Field[]} fields @param {any} input */
function canShow(fields, input) {
  const { value, problems } = inputOf(fields, textsOf(fields, input));
  const sorted = (/** @type {any} */ each) => stringify(order(each));
  return !Object.keys(problems).length && sorted(value) === sorted(without(input));
}

/** An input without the nulls that an empty field stands for. @param {any} input */
const without = (input) => parse(stringify(input ?? null));

/** @param {any} value @returns {any} With names in order. */
function order(value) {
  if (Array.isArray(value)) return value.map(order);
  if (value === null || typeof value !== "object" || value.constructor !== Object) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, order(each)]),
  );
}
