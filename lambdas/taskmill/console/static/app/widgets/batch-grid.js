/** The batches of a fan-out as one picture on a canvas, with its text beside it. */
import { html, useEffect, useRef, useState } from "../lib.js";
import {
  STATES,
  STATE_WORDS,
  describe,
  describeOne,
  gridOf,
  hitOf,
  stateOf,
  tally,
} from "../models/batches.js";

/** @typedef {import('../models/batches.js').Batch} Batch */

/**
 * @param {{batches: Batch[], selected: number|null, onSelect: (index: number|null) => void}} props
 *   Positions in the list; arrow keys move the selection.
 */
export function BatchGrid({ batches, selected, onSelect }) {
  const box = useRef(/** @type {HTMLDivElement|null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState(-1);
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    if (!box.current) return undefined;
    const seen = new ResizeObserver(
      ([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)),
    );
    seen.observe(box.current);
    const themes = new MutationObserver(() => setTheme((n) => n + 1));
    themes.observe(document.documentElement, { attributes: true });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setTheme((n) => n + 1);
    dark.addEventListener("change", changed);
    return () => {
      seen.disconnect();
      themes.disconnect();
      dark.removeEventListener("change", changed);
    };
  }, []);
  const grid = gridOf(batches.length, Math.max(width, 40));
  useEffect(
    () => paint(canvas.current, grid, batches, selected),
    [batches, width, selected, theme],
  );
  const counts = tally(batches);
  const hover = batches[at];

  /** @param {MouseEvent} event */
  const hit = (event) => hitOf(grid, batches.length, event.offsetX, event.offsetY);
  /** @param {KeyboardEvent} event */
  const move = (event) => {
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onSelect(Math.min(batches.length - 1, Math.max(0, selected === null ? 0 : selected + step)));
  };
  return html`<div class="batches" ref=${box}>
    <div
      class="batch-canvas"
      tabindex="0"
      role="slider"
      aria-label="Batch"
      aria-valuemin="0"
      aria-valuemax=${Math.max(0, batches.length - 1)}
      aria-valuenow=${selected ?? 0}
      aria-valuetext=${selected !== null && batches[selected] ? describeOne(batches[selected]) : describe(batches)}
      onKeyDown=${move}
    >
      <canvas
        ref=${canvas}
        style=${{ width: `${grid.width}px`, height: `${grid.height}px` }}
        aria-hidden="true"
        onMouseMove=${(/** @type {MouseEvent} */ event) => setAt(hit(event))}
        onMouseLeave=${() => setAt(-1)}
        onClick=${(/** @type {MouseEvent} */ event) => hit(event) >= 0 && onSelect(hit(event))}
      ></canvas>
    </div>
    <p class="batch-text">${hover ? describeOne(hover) : describe(batches)}</p>
    <ul class="legend">
      ${STATES.filter((each) => counts[each]).map(
        (each) =>
          html`<li key=${each}>
            <i class=${`swatch batch-${each}`} aria-hidden="true"></i>${STATE_WORDS[each]}
            <b>${counts[each].toLocaleString("en")}</b>
          </li>`,
      )}
    </ul>
  </div>`;
}

/**
 * @param {HTMLCanvasElement|null} canvas @param {import('../models/batches.js').Grid} grid @param {Batch[]} batches
 * @param {number|null} selected
 */
function paint(canvas, grid, batches, selected) {
  const pen = canvas?.getContext("2d");
  if (!canvas || !pen || !grid.width) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(grid.width * ratio);
  canvas.height = Math.round(grid.height * ratio);
  pen.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colours = Object.fromEntries(
    STATES.map((each) => [each, style.getPropertyValue(`--batch-${each}`).trim() || "#888"]),
  );
  const side = grid.cell - grid.gap;
  batches.forEach((batch, n) => {
    const [x, y] = [(n % grid.columns) * grid.cell, Math.floor(n / grid.columns) * grid.cell];
    const state = stateOf(batch);
    pen.fillStyle = colours[state] ?? "#888";
    pen.fillRect(x, y, side, side);
    if (side >= 8) mark(pen, style, state, batch, x, y, side);
    if (n === selected) {
      pen.strokeStyle = style.getPropertyValue("--batch-selected").trim() || "#000";
      pen.lineWidth = 2;
      pen.strokeRect(x + 1, y + 1, Math.max(side - 2, 1), Math.max(side - 2, 1));
    }
  });
}

/** What tells a state besides its colour: a stroke for failures, a fill for how far it is.
 * @param {CanvasRenderingContext2D} pen @param {CSSStyleDeclaration} style @param {string} state @param {Batch} batch
 * @param {number} x @param {number} y @param {number} side */
function mark(pen, style, state, batch, x, y, side) {
  const inset = side * 0.3;
  if (state === "open") {
    const part = (batch.completed + batch.cancelled) / (batch.last - batch.first + 1);
    pen.fillStyle = style.getPropertyValue("--batch-done").trim();
    pen.fillRect(x, y + side * (1 - part), side, side * part);
  }
  if (state !== "some" && state !== "failed" && state !== "void") return;
  pen.strokeStyle = style.getPropertyValue("--batch-mark").trim() || "#fff";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x + inset, y + inset);
  pen.lineTo(x + side - inset, y + side - inset);
  if (state !== "some") {
    pen.moveTo(x + side - inset, y + inset);
    pen.lineTo(x + inset, y + side - inset);
  }
  pen.stroke();
}
