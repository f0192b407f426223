// "Copy as": the command, the request, the Python that submits a task again.
import { Num, stringify } from "./exact-json.js";

/**
 * @typedef {{kind?: string, tenant: string, type: string, input: any, given?: boolean, name?: string|null,
 *   priority?: string|null, notify?: string|null, batchSize?: number|null, maxConcurrency?: number|null,
 *   toleratedFailures?: string|null}} Call
 */

/** A word that any POSIX shell reads as this text. @param {string} text */
export function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'"'"'`)}'`;
}

/** A Python literal of a JSON value. @param {any} value @param {string} [indent] @returns {string} */
export function pythonLiteral(value, indent = "") {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value instanceof Num) return value.text;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return pythonText(value);
  const parts = Array.isArray(value)
    ? value.map((each) => pythonLiteral(each, indent + "    "))
    : Object.entries(value).map(
        ([name, each]) => `${pythonText(name)}: ${pythonLiteral(each, indent + "    ")}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const line = `${open}${parts.join(", ")}${close}`;
  if (line.length <= 80 && !line.includes("\n")) return line;
  return `${open}\n${parts.map((each) => `${indent}    ${each},\n`).join("")}${indent}${close}`;
}

/** JSON's escapes are Python's, but for the slash and for lone surrogates, which both write as \ud800. @param {string} text */
const pythonText = (text) =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** @param {Call} call */
const isFanOut = (call) => call.kind === "SFN_TASK";

/** Options that are not the default, by their name in the API. @param {Call} call @returns {Record<string, any>} */
function optionsOf(call) {
  const kept = {
    name: call.name === call.type ? null : call.name,
    priority: call.priority,
    batchSize: call.batchSize,
    maxConcurrency: call.maxConcurrency,
    toleratedFailures: call.toleratedFailures,
  };
  return Object.fromEntries(
    Object.entries(kept).filter(([, each]) => each !== null && each !== undefined),
  );
}

/** @param {Call} call */
const isGiven = (call) => call.given !== false && call.input !== undefined;

/** The body of the request that submits it. @param {Call} call */
export function bodyOf(call) {
  return {
    taskType: call.type,
    ...(isGiven(call) ? { input: call.input } : {}),
    ...optionsOf(call),
  };
}

/** @type {Record<string, string>} */
const FLAGS = {
  name: "--name",
  priority: "--priority",
  batchSize: "--batch-size",
  maxConcurrency: "--max-concurrency",
  toleratedFailures: "--tolerate",
};

/** `taskmill submit …`; a fan-out's elements go through stdin. @param {Call} call @param {string} [url] */
export function asCli(call, url) {
  const where = [
    "taskmill",
    ...(url ? ["--url", shellWord(url)] : []),
    "--tenant",
    shellWord(call.tenant),
  ].join(" ");
  const flags = Object.entries(optionsOf(call))
    .map(([name, each]) => ` ${FLAGS[name]} ${shellWord(String(each))}`)
    .join("");
  if (isFanOut(call)) {
    const lines = (Array.isArray(call.input) ? call.input : [])
      .map((each) => shellWord(stringify(each)))
      .join(" ");
    return `printf '%s\\n' ${lines} | ${where} map ${call.type} - --format jsonl${flags}`;
  }
  const text = isGiven(call) ? ` ${shellWord(stringify(call.input))}` : "";
  return `${where} submit ${call.type}${text}${flags}`;
}

/** curl that signs with the caller's AWS credentials. @param {Call} call @param {string} url @param {string} [region] */
export function asCurl(call, url, region = "$AWS_REGION") {
  const path = `/v1/tenants/${encodeURIComponent(call.tenant)}/${isFanOut(call) ? "step-function-tasks" : "tasks"}`;
  return [
    `curl -X POST ${shellWord(url.replace(/\/$/, "") + path)}`,
    `  --aws-sigv4 "aws:amz:${region}:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
    '  -H "x-amz-security-token: $AWS_SESSION_TOKEN" -H "content-type: application/json"',
    `  -d ${shellWord(stringify(bodyOf(call)))}`,
  ].join(" \\\n");
}

/** Python with `TaskClient`. @param {Call} call @param {string} [url] */
export function asPython(call, url) {
  const snake = (/** @type {string} */ name) =>
    name.replace(/[A-Z]/g, (each) => `_${each.toLowerCase()}`);
  const given = isGiven(call) ? `, ${pythonLiteral(call.input, "    ")}` : "";
  const rest = Object.entries(optionsOf(call))
    .map(([name, each]) => `, ${snake(name)}=${pythonLiteral(each)}`)
    .join("");
  const where = [
    `tenant=${pythonLiteral(call.tenant)}`,
    ...(url ? [`url=${pythonLiteral(url)}`] : []),
  ].join(", ");
  return (
    `from taskmill.client import TaskClient\n\nwith TaskClient(${where}) as client:\n` +
    `    task = client.${isFanOut(call) ? "map" : "submit"}(${pythonLiteral(call.type)}${given}${rest})\n`
  );
}
