// The rows that match the filter of a list as a file, read and written page by page.
import { html, useEffect, useRef, useState } from "../lib.js";
import { counted } from "../numbers.js";
import { Button } from "../parts/basics.js";
import { Dialog, Menu } from "../parts/dialog.js";
import { toast } from "../parts/toasts.js";
import { stringify } from "../models/exact-json.js";
import { readRows } from "./sources.js";

const ROWS = 100; // of a page
const TRIES = 4;
const PAUSE = 1_000; // ms before a page is asked for again
const COLUMNS = [
  ...["pk", "sk", "type", "code", "index", "name", "status", "attempts", "run", "createdAt"],
  ...["startedAt", "finishedAt", "createdBy", "parent", "fingerprint", "error", "input", "result"],
];

/** @typedef {{write: (text: string) => any, close: () => any, abort: () => any}} Sink */

/**
 * @param {{tenant: string, folder: "tasks" | "step-function-tasks",
 *   wanted: import("../filter.js").Wanted}} props
 */
export function Export({ tenant, folder, wanted }) {
  const [count, setCount] = useState(/** @type {number | null} */ (null));
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const run = async (/** @type {"jsonl" | "csv"} */ form) => {
    const { signal } = (stop.current = new AbortController());
    /** @type {Sink | undefined} */
    let sink;
    try {
      sink = await sinkOf(`${folder}.${form}`);
      setCount(0);
      const read = (/** @type {any} */ cursor) => readRows(tenant, folder, wanted, cursor, signal, { limit: ROWS });
      const rows = await written(sink, form, (cursor) => again(() => read(cursor), signal), setCount);
      toast(`Exported ${counted(rows, "row")}.`, { kind: "success" });
    } catch (/** @type {any} */ error) {
      await sink?.abort();
      if (!signal.aborted && error.name !== "AbortError") toast(error.message, { kind: "error" });
    }
    setCount(null);
  };
  const cancel = () => stop.current.abort();
  return html`<${Menu} label="Export" text="Export" kind="plain" end items=${[
      { text: "JSON Lines", run: () => void run("jsonl") },
      { text: "CSV", run: () => void run("csv") },
    ]} />
    ${count !== null &&
    html`<${Dialog} title="Exporting" onClose=${cancel} actions=${html`<${Button} onClick=${cancel}>Cancel<//>`}>
      <p role="status">${counted(count, "row")} written</p><//>`}`;
}

/**
 * All pages into the sink.
 *
 * @param {Sink} sink
 * @param {"jsonl" | "csv"} form
 * @param {(cursor: any) => Promise<any>} read
 * @param {(count: number) => void} told
 */
async function written(sink, form, read, told) {
  let [count, cursor] = [0, null];
  if (form === "csv") await sink.write(`${COLUMNS.join()}\r\n`);
  do {
    const page = await read(cursor);
    const lines = page.items.map(form === "csv" ? csvLine : (/** @type {any} */ row) => `${stringify(row)}\n`);
    if (lines.length) await sink.write(lines.join(""));
    count += lines.length;
    told(count);
    cursor = page.cursor ?? null;
  } while (cursor !== null);
  await sink.close();
  return count;
}

/**
 * A page; asked for again when the API is busy or out of reach, as an export may take long.
 *
 * @param {() => Promise<any>} read
 * @param {AbortSignal} signal
 */
async function again(read, signal) {
  for (let n = 1; ; n += 1) {
    try {
      return await read();
    } catch (/** @type {any} */ error) {
      const passes = ["limited", "offline", "server"].includes(error.kind);
      if (n === TRIES || signal.aborted || !passes) throw error;
      await new Promise((resolve) => setTimeout(resolve, n * PAUSE));
    }
  }
}

/** @param {any} row */
function csvLine(row) {
  const { error, result } = row.attributes ?? {};
  const all = { ...row, result, error: row.errorText ?? (error && `${error.type}: ${error.message ?? ""}`) };
  return `${COLUMNS.map((name) => cell(all[name])).join()}\r\n`;
}

/** Quoted where needed; a text that a spreadsheet would take for a formula begins with an apostrophe. @param {any} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : stringify(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * A file of the viewer's choice; where the browser cannot write to one, a download.
 *
 * @param {string} name
 * @returns {Promise<Sink>}
 */
async function sinkOf(name) {
  const pick = /** @type {any} */ (window).showSaveFilePicker;
  if (pick) return (await pick({ suggestedName: name })).createWritable();
  /** @type {Blob[]} */
  const parts = []; // blobs of the browser, which keeps large ones on disk
  return {
    write: (text) => parts.push(new Blob([text])),
    abort: () => (parts.length = 0),
    close: () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
  };
}
