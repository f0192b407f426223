// The filter: chips of its terms and a field with suggestions.
import { html, useId, useRef, useState } from "../lib.js";
import { useStatistics } from "../api/statistics.js";
import { FIELDS, parseFilter, withTerm, writeFilter } from "../filter.js";
import { useShortcuts } from "../keyboard.js";
import { Icon } from "../parts/icons.js";
import { MEANINGS, STATUSES, word } from "../statuses.js";

/** @typedef {import("../filter.js").Term} Term */
/** @typedef {{text: string, hint: string, whole: boolean}} Suggestion */

const AGES = [
  ["<15min", "in the last 15 minutes"],
  ["<1h", "in the last hour"],
  ["<24h", "in the last day"],
  ["<7d", "in the last week"],
  [">2h", "more than 2 hours ago"],
  [">1d", "more than a day ago"],
];

/**
 * @param {{terms: Term[], faults: {term: Term, why: string}[],
 *   onChange: (q: string) => void}} props
 */
export function FilterBar({ terms, faults, onChange }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(-1);
  const [isOpen, setOpen] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId();
  const types = (useStatistics().data?.types ?? []).map(({ type }) => type);
  const found = isOpen ? suggestions(text, types) : [];
  useShortcuts([{ keys: "/", label: "Filter", run: () => input.current?.focus() }], []);
  const change = (/** @type {Term[]} */ next) => onChange(writeFilter(next));
  const type = (/** @type {string} */ typed) => {
    setText(typed);
    setAt(-1);
  };
  const enter = (/** @type {string} */ typed) => {
    type("");
    change(parseFilter(typed).reduce(withTerm, terms));
  };
  const choose = (/** @type {Suggestion | undefined} */ chosen) => {
    if (!chosen) return;
    if (chosen.whole) enter(chosen.text);
    else type(chosen.text);
    input.current?.focus();
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) setAt((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) choose(found[at]);
    else if (event.key === "Enter" && text.trim()) enter(text);
    else if (event.key === "Tab" && found.length && text && !event.shiftKey) choose(found[Math.max(0, at)]);
    else if (event.key === "Backspace" && !text && terms.length) change(terms.slice(0, -1));
    else if (event.key === "Escape") escape();
    else return;
    event.preventDefault();
  };
  const escape = () => {
    if (isOpen && found.length) setOpen(false);
    else input.current?.blur();
  };
  return html`<div class="filter" role="search">
    <${Icon} name="filter" />
    ${terms.map((term, index) => {
      const fault = faults.find((each) => each.term === term)?.why;
      return html`<${Chip}
        key=${index}
        term=${term}
        fault=${fault}
        onEdit=${() => {
          change(terms.filter((each) => each !== term));
          type(writeFilter([term]));
          input.current?.focus();
        }}
        onRemove=${() => change(terms.filter((each) => each !== term))}
      />`;
    })}
    <input
      ref=${input}
      class="filter-input"
      type="text"
      role="combobox"
      aria-label="Filter"
      aria-expanded=${found.length > 0}
      aria-controls=${id}
      aria-autocomplete="list"
      aria-activedescendant=${found[at] ? `${id}-${at}` : undefined}
      autocomplete="off"
      spellcheck=${false}
      placeholder=${terms.length ? "" : "status:failed type:invoice created:<2h error:Timeout"}
      value=${text}
      onInput=${(/** @type {any} */ event) => {
        type(event.target.value);
        setOpen(true);
      }}
      onFocus=${() => setOpen(true)}
      onBlur=${() => setTimeout(() => setOpen(false), 120)}
      onKeyDown=${keydown}
    />
    ${!text && !isOpen && html`<kbd aria-hidden="true">/</kbd>`}
    <ul class="filter-list" role="listbox" id=${id} aria-label="Suggestions" hidden=${!found.length}>
      ${found.map(
        (each, index) =>
          html`<li
            role="option"
            id=${`${id}-${index}`}
            aria-selected=${index === at}
            onPointerDown=${(/** @type {Event} */ event) => {
              event.preventDefault();
              choose(each);
            }}
          >
            <code>${each.text}</code><span class="muted">${each.hint}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

/** @param {{term: Term, fault: string | undefined, onEdit: () => void, onRemove: () => void}} props */
function Chip({ term, fault, onEdit, onRemove }) {
  const text = writeFilter([term]);
  return html`<span class="chip" data-fault=${Boolean(fault)} title=${fault}>
    <button type="button" class="chip-text" aria-label=${`Change ${text}`} onClick=${onEdit}>
      ${fault && html`<${Icon} name="warning" />`}<span class="muted">${term.field}:</span>${term.value}
    </button>
    <button type="button" class="chip-close" aria-label=${`Remove ${text}`} onClick=${onRemove}>
      <${Icon} name="close" />
    </button>
  </span>`;
}

/**
 * What the text may become.
 *
 * @param {string} text
 * @param {string[]} types
 * @returns {Suggestion[]}
 */
export function suggestions(text, types) {
  const [, field = "", value = ""] = /^([a-z]+):(.*)$/.exec(text) ?? [];
  const begins = (/** @type {string} */ each) => each.toLowerCase().startsWith(value.toLowerCase());
  const whole = (/** @type {string} */ each, /** @type {string} */ hint) => ({
    text: writeFilter([{ field, value: each }]),
    hint,
    whole: true,
  });
  if (field === "status")
    return STATUSES.filter(begins).map((each) => whole(word(each), MEANINGS[each] ?? ""));
  if (field === "type") return types.filter(begins).slice(0, 12).map((each) => whole(each, ""));
  if (field === "created")
    return AGES.filter(([age = ""]) => begins(age)).map(([age = "", hint = ""]) => whole(age, hint));
  if (field) return [];
  return [
    ...Object.entries(FIELDS)
      .filter(([name]) => name.startsWith(text.toLowerCase()))
      .map(([name, hint]) => ({ text: `${name}:`, hint, whole: false })),
    ...STATUSES.filter((each) => text && word(each).startsWith(text.toLowerCase())).map((each) => ({
      text: `status:${word(each)}`,
      hint: MEANINGS[each] ?? "",
      whole: true,
    })),
    ...types
      .filter((each) => text && each.includes(text))
      .slice(0, 6)
      .map((each) => ({ text: writeFilter([{ field: "type", value: each }]), hint: "", whole: true })),
  ];
}
