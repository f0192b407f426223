// Charts: sparklines of our own, time series by uPlot. Each has its numbers as a table besides.
import uPlot from "../../vendor/uplot.js";
import { html, useEffect, useLayoutEffect, useRef } from "../lib.js";
import { short, whole } from "../numbers.js";
import { theme, utc } from "../settings.js";
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
 * @property {(number | null)[]} values One per time.
 * @property {boolean} [area] Filled down to the axis.
 * @property {string} [dash] "dotted": told apart from others without colour.
 */

/**
 * A time series. The last interval is still running: its lines are dashed.
 *
 * @param {{times: number[], series: Series[], label: string, height?: number,
 *   unit?: "count" | "ms", days?: boolean}} props times: epoch seconds, of the intervals' begins.
 */
export function TimeChart({ times, series, label, height = 180, unit = "count", days = false }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const drawn = useRef(/** @type {uPlot | null} */ (null));
  const look = `${theme.value} ${document.documentElement.dataset.theme} ${utc.value}`;
  const shape = [look, unit, days, height, ...series.map(({ name }) => name)].join();
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const options = optionsOf({ series, unit, days, height, width: element.clientWidth });
    const plot = new uPlot(options, dataOf(times, series), element);
    drawn.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [shape]);
  useEffect(() => drawn.current?.setData(dataOf(times, series)), [times, series]);
  const form = unit === "ms" ? duration : whole;
  return html`<figure class="chart">
    <div class="chart-legend" aria-hidden="true">
      ${series.map(
        ({ name, color, dash }) =>
          html`<span
            ><svg width="16" height="8" aria-hidden="true">
              <line x1="0" y1="4" x2="16" y2="4" stroke=${`var(${color})`} stroke-width="2" stroke-dasharray=${dash ? "3 3" : undefined} /></svg
            >${name}</span
          >`,
      )}
    </div>
    <div ref=${box} class="chart-box" aria-hidden="true" style=${{ height: `${height}px` }}></div>
    <${ChartTable} label=${label} times=${times} series=${series} form=${form} />
  </figure>`;
}

/**
 * The numbers of a chart: unfolded by whoever wants them, read by screen readers.
 *
 * @param {{label: string, times: number[], series: Series[], form: (value: any) => string}} props
 */
function ChartTable({ label, times, series, form }) {
  return html`<details class="chart-data">
    <summary>${label}: numbers</summary>
    <div class="table-box" tabindex="0" role="region" aria-label=${label}>
      <table class="table">
        <thead>
          <tr><th scope="col">From</th>${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${times
            .map(
              (time, at) =>
                html`<tr key=${time}>
                  <th scope="row">${absolute(time * 1000, { seconds: false })}${at === times.length - 1 ? " (running)" : ""}</th>
                  ${series.map(({ values }) => html`<td class="number">${form(values[at])}</td>`)}
                </tr>`,
            )
            .reverse()}
        </tbody>
      </table>
    </div>
  </details>`;
}

/**
 * Each series twice: what is over, and the piece that is still running.
 *
 * @param {number[]} times
 * @param {Series[]} series
 * @returns {any}
 */
function dataOf(times, series) {
  const last = times.length - 1;
  const parts = series.flatMap(({ values }) => [
    values.map((value, at) => (at < last ? value : null)),
    values.map((value, at) => (at >= last - 1 ? value : null)),
  ]);
  return [times, ...parts];
}

/**
 * @param {{series: Series[], unit: string, days: boolean, height: number, width: number}} asked
 * @returns {any}
 */
function optionsOf({ series, unit, days, height, width }) {
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const form = unit === "ms" ? duration : short;
  const axis = {
    stroke: color("--muted"),
    font: `11px ${style.getPropertyValue("--font")}`,
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  const time = (/** @type {number} */ at) => {
    const text = absolute(at * 1000, { seconds: false, zone: false });
    return days ? text.slice(5, 10) : text.slice(11);
  };
  return {
    width,
    height,
    padding: [10, 10, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [0, Math.max(1, high * 1.08 || 1)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 64, size: 26, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(time) },
      { ...axis, size: unit === "ms" ? 62 : 44, space: 34, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((value) => form(value)) },
    ],
    series: [{}, ...series.flatMap((each) => lines(each, color))],
    plugins: [tooltip(series, form, days)],
  };
}

/**
 * @param {Series} series
 * @param {(name: string) => string} color
 */
function lines({ color: name, area, dash }, color) {
  const line = { stroke: color(name), width: 1.75, points: { show: false }, spanGaps: false };
  return [
    { ...line, ...(area ? { fill: `${color(name)}22` } : {}), ...(dash ? { dash: [2, 3] } : {}) },
    { ...line, dash: [5, 4] },
  ];
}

/**
 * @param {Series[]} series
 * @param {(value: any) => string} form
 * @param {boolean} days
 */
function tooltip(series, form, days) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  box.hidden = true;
  const show = (/** @type {uPlot} */ plot) => {
    const at = plot.cursor.idx ?? null;
    box.hidden = at === null || (plot.cursor.left ?? -1) < 0;
    if (at === null) return;
    const time = Number(plot.data[0][at]);
    const head = document.createElement("strong");
    head.textContent = absolute(time * 1000, { seconds: false, zone: !days });
    const rows = series.map(({ name }, index) => {
      const value = plot.data[1 + 2 * index]?.[at] ?? plot.data[2 + 2 * index]?.[at];
      const row = document.createElement("span");
      row.textContent = `${name} ${form(value)}`;
      return row;
    });
    box.replaceChildren(head, ...rows);
    const left = plot.cursor.left ?? 0;
    const right = left > plot.over.clientWidth / 2;
    box.style.left = right ? "auto" : `${left + 12}px`;
    box.style.right = right ? `${plot.over.clientWidth - left + 12}px` : "auto";
  };
  return {
    hooks: {
      init: (/** @type {uPlot} */ plot) => plot.over.append(box),
      setCursor: show,
    },
  };
}
