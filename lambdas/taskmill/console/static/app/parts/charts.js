// Charts as SVG: sparklines and time series. Each has its numbers as a table besides.
import { html, useLayoutEffect, useRef, useState } from "../lib.js";
import { short, whole } from "../numbers.js";
import { absolute, duration } from "../times.js";

/**
 * Bars without axes, oldest first.
 *
 * @param {{values: number[], label: string, width?: number, height?: number}} props label: what they
 *   count, for screen readers.
 */
export function Sparkline({ values, label, width = 96, height = 20 }) {
  const most = Math.max(1, ...values.map(Number));
  const step = width / Math.max(1, values.length);
  const bars = values.map((value, at) => {
    const tall = Number(value) ? Math.max(1.5, (Number(value) / most) * height) : 1;
    return html`<rect
      key=${at}
      x=${at * step}
      y=${height - tall}
      width=${Math.max(1, step - 1)}
      height=${tall}
      data-none=${!Number(value)}
    />`;
  });
  return html`<svg class="sparkline" role="img" aria-label=${label} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>
    ${bars}
  </svg>`;
}

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} color A CSS variable, such as "--c-failed".
 * @property {(number | null)[]} values One per time; null: none, a gap.
 * @property {boolean} [area] Filled down to the axis.
 * @property {boolean} [dotted] Told apart from others without colour.
 *
 * @typedef {{times: number[], series: Series[], label: string, height?: number,
 *   unit?: "count" | "ms", days?: boolean}} ChartProps times: epoch seconds, of the intervals' begins.
 */

const LEFT = { count: 40, ms: 58 };
const [TOP, RIGHT, BOTTOM] = [8, 10, 20];

/**
 * A time series. The last interval is still running: its lines are dashed.
 *
 * @param {ChartProps} props
 */
export function TimeChart(props) {
  const { times, series, label, height = 176, unit = "count" } = props;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(600);
  const [at, setAt] = useState(-1);
  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (box.current);
    const measure = () => setWidth(Math.max(200, element.clientWidth));
    const resized = new ResizeObserver(measure);
    measure();
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  const form = unit === "ms" ? duration : whole;
  const place = placeOf(props, width, height);
  const point = (/** @type {PointerEvent} */ event) => {
    const inside = event.clientX - /** @type {HTMLElement} */ (box.current).getBoundingClientRect().left;
    const share = (inside - place.left) / Math.max(1, place.right - place.left);
    setAt(Math.max(0, Math.min(times.length - 1, Math.round(share * (times.length - 1)))));
  };
  return html`<figure class="chart">
    <${Legend} series=${series} />
    <div class="chart-box" ref=${box} aria-hidden="true" onPointerMove=${point} onPointerLeave=${() => setAt(-1)}>
      <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>
        <${Axes} ...${props} place=${place} />
        ${series.map((each) => html`<${Line} key=${each.name} series=${each} place=${place} />`)}
        ${at >= 0 && html`<line class="chart-cursor" x1=${place.x(at)} x2=${place.x(at)} y1=${TOP} y2=${place.bottom} />`}
      </svg>
      ${at >= 0 && html`<${Tip} ...${props} at=${at} x=${place.x(at)} width=${width} form=${form} />`}
    </div>
    <${ChartTable} label=${label} times=${times} series=${series} form=${form} />
  </figure>`;
}

/**
 * Where things are: pixels of an index and of a value.
 *
 * @param {ChartProps} props
 * @param {number} width
 * @param {number} height
 */
function placeOf({ times, series, unit = "count" }, width, height) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map(Number)));
  const ticks = ticksTo(most, unit);
  const top = Math.max(most * 1.06, ticks.at(-1) ?? 1);
  const [left, right, bottom] = [LEFT[unit], width - RIGHT, height - BOTTOM];
  const step = (right - left) / Math.max(1, times.length - 1);
  return {
    ...{ left, right, bottom, ticks, step },
    x: (/** @type {number} */ at) => left + at * step,
    y: (/** @type {number} */ value) => bottom - (value / top) * (bottom - TOP),
  };
}

/**
 * Round values from 0 on, four at most.
 *
 * @param {number} most
 * @param {string} unit
 */
function ticksTo(most, unit) {
  const rounds = unit === "ms" && most > 60_000 ? [60_000, 300_000, 600_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000] : [];
  const power = 10 ** Math.floor(Math.log10(most / 4 || 1));
  const step = [...rounds, ...[1, 2, 5, 10].map((each) => each * power)].find((each) => each >= most / 4) ?? most;
  const whole = Math.max(1, step);
  return Array.from({ length: Math.floor(most / whole) + 1 }, (_, at) => at * whole);
}

/** @param {ChartProps & {place: ReturnType<typeof placeOf>}} props */
function Axes({ times, days, unit, place }) {
  const form = unit === "ms" ? duration : short;
  const every = Math.max(1, Math.ceil(58 / place.step));
  const named = times.map((time, at) => ({ time, at })).filter(({ at }) => (times.length - 1 - at) % every === 0);
  return html`<g class="chart-axes">
    ${place.ticks.map(
      (value) =>
        html`<line x1=${place.left} x2=${place.right} y1=${place.y(value)} y2=${place.y(value)} />
          <text x=${place.left - 8} y=${place.y(value) + 4} text-anchor="end">${form(value)}</text>`,
    )}
    ${named.map(({ time, at }) => {
      const text = absolute(time * 1000, { seconds: false, zone: false });
      const anchor = at === times.length - 1 ? "end" : "middle";
      return html`<text x=${place.x(at)} y=${place.bottom + 16} text-anchor=${anchor}>
        ${days ? text.slice(5, 10) : text.slice(11)}
      </text>`;
    })}
  </g>`;
}

/** @param {{series: Series, place: ReturnType<typeof placeOf>}} props */
function Line({ series: { values, color, area, dotted }, place }) {
  const last = values.length - 1;
  const over = pathOf(values, 0, last - 1, place);
  const running = pathOf(values, Math.max(0, last - 1), last, place);
  const paint = `var(${color})`;
  const filled = `${pathOf(values.map((value) => value ?? 0), 0, last, place)}L${place.x(last)},${place.bottom}L${place.x(0)},${place.bottom}z`;
  return html`<g fill="none" stroke=${paint} stroke-width="1.75" stroke-linejoin="round">
    ${area && html`<path d=${filled} fill=${paint} fill-opacity="0.12" stroke="none" />`}
    <path d=${over} stroke-dasharray=${dotted ? "1.5 3" : undefined} />
    <path d=${running} stroke-dasharray="5 4" />
    ${values.map((value, at) => {
      const alone = value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
      return alone && html`<circle cx=${place.x(at)} cy=${place.y(Number(value))} r="2" fill=${paint} />`;
    })}
  </g>`;
}

/**
 * @param {(number | null)[]} values
 * @param {number} from
 * @param {number} to
 * @param {ReturnType<typeof placeOf>} place
 */
function pathOf(values, from, to, place) {
  let path = "";
  for (let at = from; at <= to; at += 1) {
    const value = values[at] ?? null;
    if (value === null) continue;
    const begins = at === from || (values[at - 1] ?? null) === null;
    path += `${begins ? "M" : "L"}${place.x(at).toFixed(1)},${place.y(Number(value)).toFixed(1)}`;
  }
  return path;
}

/** @param {{series: Series[]}} props */
function Legend({ series }) {
  return html`<div class="chart-legend" aria-hidden="true">
    ${series.map(
      ({ name, color, dotted }) =>
        html`<span>
          <svg width="16" height="8">
            <line x1="0" y1="4" x2="16" y2="4" stroke=${`var(${color})`} stroke-width="2" stroke-dasharray=${dotted ? "2 3" : undefined} />
          </svg>
          ${name}
        </span>`,
    )}
  </div>`;
}

/** @param {ChartProps & {at: number, x: number, width: number, form: (value: any) => string}} props */
function Tip({ times, series, at, x, width, form }) {
  const side = x > width / 2 ? { right: `${width - x + 12}px` } : { left: `${x + 12}px` };
  return html`<div class="chart-tip" style=${side}>
    <strong>${absolute((times[at] ?? 0) * 1000, { seconds: false })}</strong>
    ${series.map(({ name, values }) => html`<span>${name} ${form(values[at])}</span>`)}
  </div>`;
}

/**
 * The numbers of a chart: unfolded by whoever wants them, read by screen readers.
 *
 * @param {{label: string, times: number[], series: Series[], form: (value: any) => string}} props
 */
function ChartTable({ label, times, series, form }) {
  const [isOpen, setOpen] = useState(false);
  const rows = times.map((time, at) => ({ time, at })).reverse();
  return html`<details class="chart-data" onToggle=${(/** @type {any} */ event) => setOpen(event.target.open)}>
    <summary>${label}: numbers</summary>
    ${isOpen &&
    html`<div class="table-box" tabindex="0" role="region" aria-label=${label}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">From</th>
            ${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ time, at }) =>
              html`<tr key=${time}>
                <th scope="row">${absolute(time * 1000, { seconds: false })}${at === times.length - 1 ? " (running)" : ""}</th>
                ${series.map(({ values }) => html`<td class="number">${form(values[at])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`}
  </details>`;
}
