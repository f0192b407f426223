/** Bars of waiting and running on one scale, with the same in words. */
import { html } from "../lib.js";
import { duration, now } from "../times.js";
import { isFinal } from "../statuses.js";
import { WORDS, ticks, waterfall } from "../models/waterfall.js";

/** @typedef {import('../models/waterfall.js').Segment} Segment
 *  @typedef {import('../models/waterfall.js').Totals} Totals */

/** The life of a task until now. @param {any} task */
export const lifeOf = (task) => waterfall(task, isFinal(task.status) ? 0 : now.value);

/** A segment in words. @param {Segment} segment */
export function told(segment) {
  const long = duration(segment.to - segment.from);
  if (segment.kind === "run") {
    const outcome =
      segment.outcome === "completed"
        ? ""
        : segment.outcome === "suspended"
          ? ", then waited"
          : segment.outcome && `, ${segment.outcome}`;
    return `attempt ${segment.attempt || 1} ran ${long}${segment.open ? " so far" : ""}${outcome}${segment.error ? `: ${segment.error}` : ""}`;
  }
  return `${WORDS[segment.kind]} ${long}${segment.open ? " so far" : ""}`;
}

/** One task's bar. @param {{segments: Segment[], start: number, span: number}} props `span`: ms of the whole width */
export function Bar({ segments, start, span }) {
  const percent = (/** @type {number} */ ms) =>
    span ? Math.min(100, Math.max(0, (ms / span) * 100)) : 0;
  return html`<svg
    class="bar"
    role="img"
    aria-label=${segments
      .filter((each) => each.kind !== "idle")
      .map(told)
      .join("; ")}
    height="18"
    width="100%"
  >
    ${segments.map((each) => {
      const x = Math.min(percent(each.from - start), 99.6);
      const width = Math.max(percent(each.to - each.from), each.kind === "run" ? 0.4 : 0);
      const thin = each.kind !== "run";
      return (
        width > 0 &&
        html`<g key=${`${each.kind}${each.from}${each.attempt}`}>
          <rect
            class=${`seg seg-${each.kind}${each.outcome === "failed" ? " seg-failed" : each.outcome === "cancelled" ? " seg-cancelled" : ""}${each.open ? " seg-open" : ""}`}
            x=${`${x}%`}
            y=${thin ? 6 : 2}
            width=${`${Math.min(width, 100 - x)}%`}
            height=${thin ? 6 : 14}
            rx=${thin ? 1 : 2}
            ><title>${told(each)}</title></rect
          >
          ${each.outcome === "failed" && html`<text class="seg-mark" x=${`${Math.min(x + width, 99)}%`} y="13" aria-hidden="true">✕</text>`}
        </g>`
      );
    })}
  </svg>`;
}

/** The ruler above bars. @param {{span: number}} props */
export function Ruler({ span }) {
  return html`<svg class="ruler" height="18" width="100%" aria-hidden="true">
    ${ticks(span).map(
      (at) =>
        html`<g key=${at}
          ><line
            x1=${`${span ? (at / span) * 100 : 0}%`}
            x2=${`${span ? (at / span) * 100 : 0}%`}
            y1="12"
            y2="18"
          />
          <text x=${`${span ? (at / span) * 100 : 0}%`} dx=${at > 0.9 * span ? -3 : 3} text-anchor=${at > 0.9 * span ? "end" : "start"} y="12"
            >${at ? duration(at) : "0"}</text
          ></g
        >`,
    )}
  </svg>`;
}

/** Totals and shares of a life. @param {{totals: Totals}} props */
export function Shares({ totals }) {
  /** @type {[string, string, number, number][]} */
  const parts = [
    ["queued", "waiting", totals.waiting, totals.waitingShare],
    ["run", "running", totals.running, totals.runningShare],
    ["children", "for children", totals.children, totals.childrenShare],
  ];
  const used = parts.filter(([, , ms]) => ms > 0);
  let x = 0;
  return html`<div class="shares">
    <svg class="share-bar" height="8" width="100%" aria-hidden="true">
      ${used.map(([kind, word, , share]) => {
        const rect = html`<rect
          key=${word}
          class=${`seg seg-${kind}`}
          x=${`${x * 100}%`}
          width=${`${share * 100}%`}
          height="8"
        />`;
        x += share;
        return rect;
      })}
    </svg>
    <dl class="facts-row">
      <div>
        <dt>total</dt>
        <dd>${duration(totals.total)}</dd>
      </div>
      ${parts.map(
        ([kind, word, ms, share]) =>
          (ms > 0 || kind !== "children") &&
          html`<div key=${word}>
            <dt><i class=${`swatch seg-${kind}`} aria-hidden="true"></i>${word}</dt>
            <dd>${duration(ms)} <span class="muted">${Math.round(share * 100)} %</span></dd>
          </div>`,
      )}
    </dl>
  </div>`;
}
