// The fields of a form, each with its description and what the API says about it.
import { html } from "../lib.js";
import { stringify } from "../models/exact-json.js";
import { ownOf, problemsOf as problemsAt } from "../models/schema-form.js";
import { typed } from "./short.js";

/** @typedef {import("../models/schema-form.js").Field} Field */

/** @type {Record<string, string>} */
const KINDS = { json: "JSON", text: "", enum: "", boolean: "" };

/** A field that no schema tells. @param {Partial<Field> & {path: string}} given @returns {Field} */
export const fieldOf = (given) => ({
  label: given.path, kind: "text", required: false, nullable: false, secret: false, description: "",
  hint: "", choices: [], fallback: undefined, hasDefault: false, group: [], ...given,
});

/** A refusal by field; "" holds the rest. @param {any} error @param {Field[]} fields */
export const problemsOf = (error, fields) => problemsAt(error, fields.map(({ path }) => path));

/**
 * Fields with what is wrong, as a whole and with each.
 *
 * @param {Field[]} fields
 * @param {Record<string, string>} texts
 * @param {Record<string, string>} problems
 * @param {(texts: Record<string, string>) => void} onTexts
 */
export function optionsForm(fields, texts, problems, onTexts) {
  let group = "";
  const isWhole = fields.some(({ path }) => path === "");
  return html`${problems[""] && !isWhole && html`<p class="banner danger" role="alert">${problems[""]}</p>`}
    ${fields.map((field) => {
      const own = field.group.join(" › ");
      const heading = own !== group && own;
      group = own;
      return html`${heading && html`<h3 class="form-group">${own}</h3>`}
        <${FieldView} key=${field.path} field=${field} text=${ownOf(texts, field.path) ?? ""} problem=${ownOf(problems, field.path)}
          onText=${(/** @type {string} */ text) => onTexts({ ...texts, [field.path]: text })} />`;
    })}`;
}

/** @param {{field: Field, text: string, problem?: string, onText: (text: string) => void}} props */
function FieldView({ field, text, problem, onText }) {
  const { path, label, kind, required, nullable, secret, description } = field;
  const id = `field-${path || "input"}`;
  const hint = [description, field.hint].filter(Boolean).join(" · ");
  const common = {
    id, class: "input", "aria-invalid": problem ? "true" : undefined, "aria-required": required ? "true" : undefined,
    "aria-describedby": [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined, onInput: typed(onText),
  };
  return html`<div class=${`field${problem ? " wrong" : ""}`}>
    <label for=${id}>${label}${required && html` <span class="needed" aria-hidden="true">*</span>`}${" "}<span class="field-kind">${KINDS[kind] ?? kind}${nullable && " or null"}${secret && " secret"}</span></label>
    <${Control} field=${field} text=${text} common=${common} />
    ${problem && html`<p class="problem" id=${`${id}-problem`}>${problem}</p>`}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** @param {{field: Field, text: string, common: Record<string, any>}} props */
function Control({ field, text, common }) {
  const { kind, path, required, secret, nullable, choices } = field;
  const fallback = field.hasDefault ? `default: ${stringify(field.fallback)}` : "";
  if (kind === "enum" || kind === "boolean")
    return html`<select ...${common} value=${text}>
      <option value="">${fallback || (required ? "choose …" : "left out")}</option>
      ${(kind === "boolean" ? [true, false] : choices).map((each) => html`<option value=${stringify(each)}>${typeof each === "string" ? each : stringify(each)}</option>`)}
      ${nullable && html`<option value="null">null</option>`}</select>`;
  if (kind === "json")
    return html`<textarea ...${common} class="input mono" rows=${Math.min(14, Math.max(path ? 2 : 6, text.split("\n").length))} spellcheck="false" placeholder=${fallback} value=${text}></textarea>`;
  const mode = { integer: "numeric", number: "decimal" }[/** @type {string} */ (kind)];
  return html`<input ...${common} type=${secret ? "password" : "text"} autocomplete="off" inputmode=${mode}
    placeholder=${fallback || { datetime: "2026-01-05T06:00:00+01:00", date: "2026-01-05" }[/** @type {string} */ (kind)]} value=${text} />`;
}
