// The palette (⌘K): pages, statuses, types, tenants, settings, and a task by its key.
import { html, signal, useEffect, useId, useRef, useState } from "../lib.js";
import { paused } from "../api/live.js";
import { useStatistics } from "../api/statistics.js";
import { writeFilter } from "../filter.js";
import { PAGES } from "../pages/index.js";
import { Dialog } from "../parts/dialog.js";
import { go, href, route, taskHref } from "../router.js";
import { has, mayWrite, tenants } from "../session.js";
import { theme, utc } from "../settings.js";
import { STATUSES, word } from "../statuses.js";

export const paletteOpen = signal(false);

/** @typedef {{text: string, group: string, run: () => void, keys?: string}} Command */

/** @type {import("../../vendor/signals-core.js").Signal<Command[]>} Those of the page in view. */
export const pageCommands = signal(/** @type {Command[]} */ ([]));

const MOST = 60;

export function Palette() {
  return paletteOpen.value && html`<${Opened} />`;
}

function Opened() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const statistics = useStatistics().data;
  const types = (statistics?.types ?? []).map(({ type }) => type);
  const found = matching([...byKey(text), ...pageCommands.value, ...commands(types)], text);
  const id = useId();
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => (paletteOpen.value = false);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, text]);
  const run = (/** @type {Command | undefined} */ command) => {
    close();
    if (command) setTimeout(command.run);
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") run(found[at]);
    else if (step) setAt((at + step + found.length) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title="Go to" onClose=${close} class="palette">
    <input
      class="palette-input"
      type="text"
      role="combobox"
      aria-label="Search pages, filters and tasks"
      aria-expanded="true"
      aria-controls=${id}
      aria-activedescendant=${found[at] ? `${id}-${at}` : undefined}
      placeholder="Page, status, type, or the key of a task"
      autocomplete="off"
      spellcheck=${false}
      autofocus
      value=${text}
      onInput=${(/** @type {any} */ event) => {
        setText(event.target.value);
        setAt(0);
      }}
      onKeyDown=${keydown}
    />
    <ul class="palette-list" role="listbox" id=${id} ref=${list} aria-label="Commands" tabindex="-1">
      ${found.map(
        (command, index) =>
          html`<li
            role="option"
            id=${`${id}-${index}`}
            aria-selected=${index === at}
            onClick=${() => run(command)}
            onPointerMove=${() => index !== at && setAt(index)}
          >
            <span>${command.text}</span>
            <span class="muted">${command.group}</span>
            ${command.keys && html`<span>${command.keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</span>`}
          </li>`,
      )}
      ${!found.length && html`<li class="muted" role="option" aria-selected="false">Nothing found</li>`}
    </ul>
  <//>`;
}

/**
 * @param {Command[]} all
 * @param {string} text
 */
function matching(all, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (/** @type {Command} */ each) => {
    const whole = `${each.group} ${each.text}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  };
  return all.filter((each) => each.group === "Open" || fits(each)).slice(0, MOST);
}

/**
 * @param {string[]} types
 * @returns {Command[]}
 */
function commands(types) {
  const filter = (/** @type {string} */ field, /** @type {string} */ value) => () =>
    go(href("tasks", [], { q: writeFilter([{ field, value }]) }));
  const tenant = route.value.tenant;
  const pages = PAGES.filter(
    ({ nav, feature, writes }) => nav && (!feature || has(feature)) && (!writes || mayWrite.value),
  );
  return [
    ...pages.map(({ name, title, keys }) => command(title, "Page", () => go(href(name)), keys)),
    ...STATUSES.map((each) => command(word(each), "Status", filter("status", word(each)))),
    ...types.map((each) => command(each, "Type", filter("type", each))),
    ...(tenants.value ?? [])
      .filter((each) => each !== tenant)
      .map((each) => command(each, "Tenant", () => go(href("", [], {}, each)))),
    ...["system", "light", "dark"].map((each) =>
      command(`${each} theme`, "Setting", () => (theme.value = /** @type {"dark"} */ (each))),
    ),
    command(utc.value ? "Times in local time" : "Times in UTC", "Setting", () => (utc.value = !utc.value)),
    command(paused.value ? "Resume live updates" : "Pause live updates", "Setting", () => (paused.value = !paused.value), "p"),
  ];
}

/**
 * @param {string} text
 * @param {string} group
 * @param {() => void} run
 * @param {string} [keys]
 * @returns {Command}
 */
function command(text, group, run, keys) {
  return { text, group, run, ...(keys ? { keys } : {}) };
}

/**
 * A task by what was typed or pasted: "type code", "type/code", or its keys with "#".
 *
 * @param {string} text
 * @returns {Command[]}
 */
function byKey(text) {
  const parts = text.trim().split(/[\s/#]+/);
  const [type, code] = parts.length > 2 ? parts.slice(-2) : parts;
  if (!type || !code || parts.length > 5) return [];
  const open = (/** @type {string} */ kind) => () => go(taskHref({ kind, type, code }));
  return [
    command(`Task ${type} ${code}`, "Open", open("TASK")),
    command(`Fan-out ${type} ${code}`, "Open", open("SFN_TASK")),
  ];
}
