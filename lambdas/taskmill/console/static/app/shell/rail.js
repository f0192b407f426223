// The rail: statuses with their counts, then types with failed and open ones; each is a filter.
import { html } from "../lib.js";
import { totals, useStatistics } from "../api/statistics.js";
import { parseFilter, valueOf, withTerm, writeFilter } from "../filter.js";
import { short, whole } from "../numbers.js";
import { StatusIcon } from "../parts/icons.js";
import { href, route } from "../router.js";
import { STATUSES, open, word } from "../statuses.js";
import { PausedMark } from "./pauses.js";

const LISTS = ["tasks", "fan-outs"];

/** @param {{isOpen: boolean}} props */
export function Rail({ isOpen }) {
  const statistics = useStatistics().data;
  const counts = totals(statistics);
  return html`<nav class="rail" id="rail" aria-label="Statuses and types" data-open=${isOpen}>
    <h2 class="rail-title">Statuses</h2>
    <ul>
      ${STATUSES.map((status) => html`<${StatusLink} status=${status} count=${counts[status]} />`)}
    </ul>
    <h2 class="rail-title">Types <span class="rail-hint">failed / open</span></h2>
    <ul>
      ${(statistics?.types ?? []).map((each) => html`<${TypeLink} ...${each} key=${each.type} />`)}
      ${statistics && !statistics.types?.length && html`<li class="rail-none">No tasks yet</li>`}
    </ul>
  </nav>`;
}

/** @param {{status: string, count: number | undefined}} props */
function StatusLink({ status, count }) {
  const { target, current } = filtered("status", word(status));
  return html`<li>
    <a class="rail-link" href=${target} aria-current=${current ? "true" : undefined} data-status=${status}>
      <${StatusIcon} status=${status} />
      <span>${word(status)}</span>
      <span class="rail-count" data-none=${!count}>${count === undefined ? "" : short(count)}</span>
    </a>
  </li>`;
}

/** @param {import("../api/statistics.js").TypeCounts} props */
function TypeLink({ type, counts }) {
  const { target, current } = filtered("type", type);
  const failed = Number(counts.FAILED ?? 0);
  const told = `${type}: ${whole(failed)} failed, ${whole(open(counts))} open`;
  return html`<li>
    <a class="rail-link" href=${target} aria-current=${current ? "true" : undefined} title=${told}>
      <span class="cut">${type} <${PausedMark} type=${type} small /></span>
      <span class="rail-count">
        <span class=${failed ? "is-failed" : ""}>${short(failed)}</span> / ${short(open(counts))}
      </span>
    </a>
  </li>`;
}

/**
 * The list with this term added to its filter, or without it where it is the filter already.
 *
 * @param {string} field
 * @param {string} value
 */
function filtered(field, value) {
  const { page, query } = route.value;
  const isList = LISTS.includes(page);
  const terms = isList ? parseFilter(query.get("q") ?? "") : [];
  const current = valueOf(terms, field) === value;
  const next = current
    ? terms.filter((term) => term.field !== field)
    : withTerm(terms, { field, value });
  return { current, target: href(isList ? page : "tasks", [], { q: writeFilter(next) }) };
}
