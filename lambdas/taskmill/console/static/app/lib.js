// The libraries under one name each. Pages import from here, never from `vendor`.
import htm from "../vendor/htm.js";
import { h } from "../vendor/preact.js";
import "../vendor/signals.js"; // lets components follow the signals that they read

export { Component, Fragment, h, render } from "../vendor/preact.js";
export {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/preact-hooks.js";
export { batch, computed, effect, signal, untracked } from "../vendor/signals-core.js";
export { useComputed, useSignal, useSignalEffect } from "../vendor/signals.js";

/** @typedef {import("../vendor/preact.js").ComponentChildren} Children */
/** @typedef {import("../vendor/preact.js").VNode<any>} VNode */

/**
 * A template of elements: html`<b class=${name}>${text}</b>`. Values become text nodes, never HTML.
 *
 * @type {(strings: TemplateStringsArray, ...values: any[]) => VNode}
 */
export const html = /** @type {any} */ (htm.bind(/** @type {any} */ (h)));
