// Bars of the last 24 hours, oldest first, and the same in words.
import { html } from "../lib.js";
import { whole } from "../numbers.js";

/** @param {{values: number[], label: string, wide?: boolean}} props */
export function Sparkline({ values, label, wide = false }) {
  const most = Math.max(1, ...values);
  const all = values.reduce((sum, each) => sum + each, 0);
  const [width, height] = wide ? [480, 56] : [96, 20];
  const step = width / Math.max(values.length, 1);
  return html`<svg
    class=${`spark${wide ? " wide" : ""}`}
    viewBox=${`0 0 ${width} ${height}`}
    role="img"
    preserveAspectRatio="none"
    aria-label=${`${label}: ${whole(all)} in all, at most ${whole(Math.max(0, ...values))} an hour`}
  >
    ${values.map((value, at) => {
      const tall = value ? Math.max(2, (value / most) * height) : 1;
      return html`<rect
        key=${at}
        class=${value ? "" : "none"}
        x=${at * step}
        y=${height - tall}
        width=${Math.max(1, step - 1)}
        height=${tall}
      >
        <title>${`${whole(value)}, ${values.length - 1 - at} h ago`}</title></rect
      >`;
    })}
  </svg>`;
}
