// Icons as SVG: of statuses (a shape each, so that colour is never alone) and of actions.
import { h, html } from "../lib.js";
import { MEANINGS, word } from "../statuses.js";

const RING = "M8 2.25a5.75 5.75 0 1 1 0 11.5a5.75 5.75 0 0 1 0-11.5z";

/** @type {Record<string, any[]>} Each status: its shapes, stroked unless said otherwise. */
const SHAPES = {
  CREATED: [{ d: RING, "stroke-dasharray": "2.2 2.3" }],
  SCHEDULED: [{ d: RING }, { d: "M8 5v3.2l2.2 1.4" }],
  PARKED: [{ d: "M3 3h10v10H3z" }, { d: "M6.5 11V5h2a1.8 1.8 0 0 1 0 3.6h-2" }],
  QUEUED: [{ d: RING }],
  STARTED: [{ d: RING }, { d: "M8 2.25a5.75 5.75 0 0 1 0 11.5z", fill: "currentColor" }],
  PROCESSING: [
    { d: RING },
    { d: "M8 8V2.25a5.75 5.75 0 1 1-5.75 5.75z", fill: "currentColor", stroke: "none" },
  ],
  WAITING: [{ d: RING }, { d: "M6.4 5.8v4.4M9.6 5.8v4.4" }],
  FINISHED: [{ d: RING }, { d: "M5.4 8.2l1.8 1.8 3.4-3.8" }],
  ERRORED: [{ d: "M8 2.4l6 10.8H2z" }, { d: "M8 6.4v3.2M8 11.4v.2" }],
  COMPLETED: [
    { d: RING, fill: "currentColor" },
    { d: "M5.2 8.2l2 2 3.6-4.2", stroke: "var(--surface)", "stroke-width": 1.7 },
  ],
  FAILED: [
    { d: RING, fill: "currentColor" },
    { d: "M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4", stroke: "var(--surface)", "stroke-width": 1.7 },
  ],
  CANCELLED: [{ d: RING }, { d: "M4.2 11.8l7.6-7.6" }],
};

/** @type {Record<string, string>} */
const PATHS = {
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM10.4 10.4l3.2 3.2",
  close: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2l7.5 4.8L5 12.8z",
  retry: "M12.8 8a4.8 4.8 0 1 1-1.5-3.5M13 2.5v3h-3",
  copy: "M5.5 5.5h7.5v8H5.5zM3 10.5v-8h7.5",
  check: "M3.5 8.5l3 3 6-7",
  down: "M4 6.2l4 4 4-4",
  right: "M6.2 4l4 4-4 4",
  up: "M8 12.5v-9M4 7l4-4 4 4",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z",
  system: "M2 3h12v8H2zM6 13.5h4",
  clock: "M8 2.25a5.75 5.75 0 1 1 0 11.5a5.75 5.75 0 0 1 0-11.5zM8 5v3.2l2.2 1.4",
  external: "M6 3H3v10h10v-3M9 3h4v4M13 3L7.5 8.5",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  warning: "M8 2.4l6 10.8H2zM8 6.4v3.2M8 11.4v.2",
  stop: "M4 4h8v8H4z",
  download: "M8 2.5v8M4.5 7L8 10.5 11.5 7M3 13.5h10",
};

/**
 * The icon of a status; decorative, its word stands beside it.
 *
 * @param {{status: string}} props
 */
export function StatusIcon({ status }) {
  const shapes = SHAPES[status] ?? SHAPES.QUEUED ?? [];
  return h(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    ...shapes.map((shape) => h("path", shape)),
  );
}

/**
 * The icon of an action; decorative.
 *
 * @param {{name: string}} props
 */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${PATHS[name] ?? ""} />
  </svg>`;
}

/**
 * A status: shape, colour and word.
 *
 * @param {{status: string, iconOnly?: boolean}} props iconOnly: the word is for screen readers.
 */
export function StatusBadge({ status, iconOnly = false }) {
  const name = word(status);
  return html`<span class="status" data-status=${status} title=${MEANINGS[status] ?? name}>
    <${StatusIcon} status=${status} />
    <span class=${iconOnly ? "hidden-text" : "status-word"}>${name}</span>
  </span>`;
}
