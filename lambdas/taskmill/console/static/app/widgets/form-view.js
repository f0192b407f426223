/** The fields of a schema form, each with its description and what the API says about it. */
import { html } from "../lib.js";
import { stringify } from "../models/exact-json.js";

/** @typedef {import('../models/schema-form.js').Field} Field */

/**
 * @param {{fields: Field[], texts: Record<string, string>, problems: Record<string, string>,
 *   onChange: (path: string, text: string) => void}} props
 */
export function FormView({ fields, texts, problems, onChange }) {
  let group = "";
  return fields.map((field) => {
    const own = field.group.join(" › ");
    const heading = own !== group && own;
    group = own;
    return html`${heading && html`<h3 class="form-group" key=${`group ${own}`}>${own}</h3>`}
      <${FieldView}
        key=${field.path}
        field=${field}
        text=${texts[field.path] ?? ""}
        problem=${problems[field.path]}
        onText=${(/** @type {string} */ text) => onChange(field.path, text)}
      />`;
  });
}

/** @param {{field: Field, text: string, problem?: string, onText: (text: string) => void}} props */
export function FieldView({ field, text, problem, onText }) {
  const id = `field-${field.path || "input"}`;
  const described = [problem && `${id}-problem`, (field.description || field.hint) && `${id}-hint`]
    .filter(Boolean)
    .join(" ");
  const common = {
    id,
    class: "input",
    "aria-invalid": problem ? "true" : undefined,
    "aria-describedby": described || undefined,
    "aria-required": field.required ? "true" : undefined,
    onInput: (/** @type {any} */ event) => onText(event.target.value),
  };
  return html`<div class=${`field${problem ? " wrong" : ""}`}>
    <label for=${id}
      >${field.label}${field.required ? html` <span class="needed" title="required">*</span>` : ""}
      <span class="field-kind"
        >${field.kind === "json" ? "JSON" : field.kind}${field.nullable ? " or null" : ""}</span
      ></label
    >
    <${Control} field=${field} text=${text} common=${common} />
    ${problem && html`<p class="problem" id=${`${id}-problem`}>${problem}</p>`}
    ${(field.description || field.hint) && html`<p class="hint" id=${`${id}-hint`}>${[field.description, field.hint].filter(Boolean).join(" · ")}</p>`}
  </div>`;
}

/** @param {{field: Field, text: string, common: Record<string, any>}} props */
function Control({ field, text, common }) {
  const fallback = field.hasDefault ? `default: ${stringify(field.fallback)}` : "";
  if (field.kind === "enum" || field.kind === "boolean") {
    const choices = field.kind === "boolean" ? [true, false] : field.choices;
    return html`<select ...${common} value=${text}>
      <option value="">${fallback || (field.required ? "choose …" : "left out")}</option>
      ${choices.map((each) => html`<option key=${stringify(each)} value=${stringify(each)}>${typeof each === "string" ? each : stringify(each)}</option>`)}
      ${field.nullable && html`<option value="null">null</option>`}
    </select>`;
  }
  if (field.kind === "json") {
    return html`<textarea
      ...${common}
      class="input mono"
      rows=${Math.min(12, Math.max(field.path ? 2 : 5, text.split("\n").length))}
      spellcheck="false"
      placeholder=${fallback || (field.path ? "" : "{ }")}
      value=${text}
    ></textarea>`;
  }
  const mode =
    field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : undefined;
  return html`<input
    ...${common}
    type=${field.secret ? "password" : field.kind === "date" ? "date" : "text"}
    autocomplete="off"
    inputmode=${mode}
    placeholder=${fallback || (field.kind === "datetime" ? "2026-01-05T06:00:00+01:00" : "")}
    value=${text}
  />`;
}
