// A form from a JSON schema: which fields it has, the input that they make, and where errors belong.
import { Num, parse, stringify } from "./exact-json.js";

/**
 * @typedef {Record<string, any>} Schema
 * @typedef {'text'|'integer'|'number'|'boolean'|'enum'|'json'|'datetime'|'date'} FieldKind
 * @typedef {{path: string, label: string, kind: FieldKind, required: boolean, nullable: boolean, secret: boolean,
 *   description: string, hint: string, choices: any[], fallback: any, hasDefault: boolean, group: string[]}} Field
 * @typedef {{value: any, given: boolean, problems: Record<string, string>}} Made
 */

const DEPTH = 4; // levels of objects with fields of their own; what is deeper is JSON

/** @param {Schema} root @param {Schema} schema @returns {Schema} */
function resolved(root, schema) {
  let each = schema;
  for (let n = 0; each.$ref && n < 20; n += 1) {
    const { $ref, ...beside } = each;
    const found =
      $ref
        .replace(/^#\//, "")
        .split("/")
        .reduce(
          (/** @type {any} */ at, /** @type {string} */ name) =>
            at?.[name.replace(/~1/g, "/").replace(/~0/g, "~")],
          root,
        ) ?? {};
    each = { ...found, ...beside };
  }
  if (each.allOf?.length === 1)
    return resolved(root, { ...each.allOf[0], ...each, allOf: undefined });
  return each;
}

/** The schema without its null, and whether it had one. @param {Schema} root @param {Schema} given */
function withoutNull(root, given) {
  const schema = resolved(root, given);
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const rest = schema.type.filter((/** @type {string} */ each) => each !== "null");
    return { schema: { ...schema, type: rest.length === 1 ? rest[0] : undefined }, nullable: true };
  }
  if (!choices) return { schema, nullable: false };
  const rest = choices.filter((/** @type {Schema} */ each) => each.type !== "null");
  const nullable = rest.length < choices.length;
  if (rest.length !== 1) return { schema: { ...schema, type: undefined }, nullable };
  return {
    schema: { ...resolved(root, rest[0]), ...schema, anyOf: undefined, oneOf: undefined },
    nullable,
  };
}

/** @param {Schema} schema @returns {FieldKind} */
function kindOf(schema) {
  if (schema.enum || "const" in schema) return "enum";
  if (schema.type === "string")
    return schema.format === "date-time" ? "datetime" : schema.format === "date" ? "date" : "text";
  if (schema.type === "integer" || schema.type === "number" || schema.type === "boolean")
    return schema.type;
  return "json";
}

/** What the schema demands, in a few words. @param {Schema} schema */
function hintOf(schema) {
  const {
    minimum: least,
    maximum: most,
    exclusiveMinimum: above,
    exclusiveMaximum: below,
    minLength,
    maxLength,
    pattern,
  } = schema;
  const parts = [];
  if (schema.type === "array")
    parts.push(`a list${schema.items?.type ? ` of ${schema.items.type}s` : ""}, as JSON`);
  else if (kindOf(schema) === "json") parts.push("JSON");
  if (least !== undefined) parts.push(`≥ ${least}`);
  if (above !== undefined) parts.push(`> ${above}`);
  if (most !== undefined) parts.push(`≤ ${most}`);
  if (below !== undefined) parts.push(`< ${below}`);
  if (minLength) parts.push(`at least ${minLength} characters`);
  if (maxLength !== undefined) parts.push(`at most ${maxLength} characters`);
  if (pattern) parts.push(`like ${pattern}`);
  return parts.join(", ");
}

/**
 * The fields of a form; their paths are those of the API's errors: `order.id`, and '' for the input itself.
 * @param {Schema|null|undefined} root
 * @param {string[]} [secret] Names of fields that are kept secret.
 * @returns {Field[]}
 */
export function fieldsOf(root, secret = []) {
  if (!root || !Object.keys(root).length)
    return [fieldOf({}, "", "input", true, false, [], secret)];
  /** @type {Field[]} */
  const fields = [];
  /** @param {Schema} given @param {string} path @param {string} label @param {boolean} required @param {string[]} group @param {number} level */
  const add = (given, path, label, required, group, level) => {
    const { schema, nullable } = withoutNull(root, given);
    const inner = Object.entries(schema.properties ?? {});
    const isPlain = inner.length > 0 && inner.every(([name]) => name && !name.includes(".")); // or no path leads there
    if (isPlain && level < DEPTH && !nullable && (required || level === 0)) {
      for (const [name, each] of inner) {
        const within = path ? `${path}.${name}` : name;
        add(
          each,
          within,
          name,
          (schema.required ?? []).includes(name),
          path ? [...group, label] : [],
          level + 1,
        );
      }
      return;
    }
    fields.push(
      fieldOf({ ...schema, ...pick(given) }, path, label, required, nullable, group, secret),
    );
  };
  add(root, "", "input", true, [], 0);
  return fields;
}

/** @param {Schema} given */
const pick = (given) =>
  Object.fromEntries(
    ["default", "description"].filter((each) => each in given).map((each) => [each, given[each]]),
  );

/** @param {Schema} schema @param {string} path @param {string} label @param {boolean} required @param {boolean} nullable
 * @param {string[]} group @param {string[]} secret @returns {Field} */
function fieldOf(schema, path, label, required, nullable, group, secret) {
  return {
    path,
    label,
    kind: kindOf(schema),
    required,
    nullable,
    group,
    secret:
      secret.includes(path) ||
      secret.includes(label) ||
      schema.writeOnly === true ||
      schema.format === "password",
    description: schema.description ?? "",
    hint: hintOf(schema),
    choices: schema.enum ?? ("const" in schema ? [schema.const] : []),
    fallback: schema.default,
    hasDefault: "default" in schema,
  };
}

/** The text that a field shows for a value. @param {Field} field @param {any} value */
export function shown(field, value) {
  if (value === undefined) return "";
  if (field.kind === "enum" || field.kind === "json" || field.kind === "boolean")
    return stringify(value, field.kind === "json" ? 2 : 0);
  return value === null ? "" : String(value);
}

/** The texts of a form that stand for an input. @param {Field[]} fields @param {any} input @returns {Record<string, string>} */
export function textsOf(fields, input) {
  return Object.fromEntries(
    fields.map((field) => [field.path, shown(field, lookup(input, field.path))]),
  );
}

/** @param {any} value @param {string} path */
const lookup = (value, path) =>
  path ? path.split(".").reduce((at, name) => ownOf(at, name), value) : value;

/** A member of an object, not one that all objects have, such as `constructor`. @param {any} object @param {string} name */
export const ownOf = (object, name) =>
  object !== null && object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;

/**
 * The input that the texts of a form make; `problems` by path, if one is no such value at all.
 *
 * An empty text leaves its field out, so that the function's default counts. Ranges and patterns
 * are not checked here: the API does that, and says so field by field.
 * @param {Field[]} fields @param {Record<string, string>} texts
 * @returns {Made}
 */
export function inputOf(fields, texts) {
  /** @type {Made} */
  const made = {
    value: fields.some((each) => each.path === "") ? undefined : {},
    given: true,
    problems: Object.create(null),
  };
  for (const field of fields) {
    const text = ownOf(texts, field.path) ?? "";
    if (text === "" && !(field.kind === "text" && field.required)) {
      if (field.required && field.path) made.problems[field.path] = "is required";
      continue;
    }
    try {
      const value = valueOf(field, text);
      if (field.path === "") made.value = value;
      else put(made.value, field.path.split("."), value);
    } catch (error) {
      made.problems[field.path] =
        error instanceof SyntaxError
          ? `is no JSON: ${error.message}`
          : String(/** @type {Error} */ (error).message);
    }
  }
  if (made.value === undefined) made.given = false;
  return made;
}

/** @param {Field} field @param {string} text */
function valueOf(field, text) {
  if (field.kind === "text" || field.kind === "datetime" || field.kind === "date") return text;
  const trimmed = text.trim();
  if (field.kind === "integer" || field.kind === "number") {
    if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed)) return text; // the API refuses it in its own words
    const plain = trimmed.replace(/^(-?)0+(?=\d)/, "$1");
    return String(Number(plain)) === plain ? Number(plain) : new Num(plain);
  }
  return parse(trimmed);
}

/** @param {any} into @param {string[]} names @param {any} value */
function put(into, names, value) {
  const [name, ...rest] = names;
  if (name === undefined) return;
  const own = Object.hasOwn(into, name) ? into[name] : undefined;
  if (!rest.length)
    Object.defineProperty(into, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else
    put(
      own ??
        (Object.defineProperty(into, name, {
          value: {},
          enumerable: true,
          configurable: true,
          writable: true,
        }),
        into[name]),
      rest,
      value,
    );
}

/** Whether a form holds all of an input, undefined included. @param {Field[]} fields @param {any} input */
export function canShow(fields, input) {
  if (input === undefined) return true;
  const { value, problems } = inputOf(fields, textsOf(fields, input));
  return !Object.keys(problems).length && stringify(ordered(value)) === stringify(ordered(input));
}

/** A value with the names of its objects in order. @param {any} value @returns {any} */
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object" || value instanceof Num) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, ordered(value[name])]));
}

/**
 * The API's refusal, by field; '' holds what belongs to none.
 *
 * Each problem goes to the field with its path, else to the nearest one above: an error at
 * `lines.0.street` to the field `lines`.
 * @param {{message?: string, details?: {message: string, field?: string|null}[]}} refusal
 * @param {string[]} paths @returns {Record<string, string>}
 */
export function problemsOf(refusal, paths) {
  /** @type {Record<string, string>} */
  const problems = Object.create(null);
  /** @param {string} path @param {string} message */
  const add = (path, message) => {
    let at = path;
    while (at && !paths.includes(at)) at = at.includes(".") ? at.slice(0, at.lastIndexOf(".")) : "";
    const text = path.slice(at.length).replace(/^\./, "");
    const told = text ? `${text}: ${message}` : message;
    problems[at] = problems[at] ? `${problems[at]}; ${told}` : told;
  };
  const details = refusal.details?.length
    ? refusal.details
    : [{ message: refusal.message ?? "refused" }];
  for (const { field, message } of details) {
    if (field && field !== "input") {
      add(field.replace(/^(tasks\.\d+\.)?(input\.)?/, ""), message);
      continue;
    }
    const text = message.replace(/^input: /, "");
    for (const part of text.split(/; (?=[\w.]+: )/)) {
      const [, path, rest] = part.match(/^([\w.-]+): (.*)$/s) ?? [];
      if (path && rest && paths.includes(topOf(path, paths))) add(path, rest);
      else add("", part);
    }
  }
  return problems;
}

/** @param {string} path @param {string[]} paths */
const topOf = (path, paths) => {
  let at = path;
  while (at.includes(".") && !paths.includes(at)) at = at.slice(0, at.lastIndexOf("."));
  return at;
};
