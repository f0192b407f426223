// Which rows are selected; while there are any, no row changes.
import { signal } from "../lib.js";
import { hold } from "../api/live.js";
import { keyOf } from "./paged-rows.js";

export class Selection {
  constructor() {
    /** @type {import("../../vendor/signals-core.js").Signal<Map<string, any>>} Key -> row. */
    this.rows = signal(new Map());
    this.last = -1;
    /** @type {(() => void) | null} */
    this.release = null;
  }

  /** @param {any} row */
  has(row) {
    return this.rows.value.has(keyOf(row));
  }

  /**
   * @param {any} row
   * @param {number} index
   */
  toggle(row, index) {
    const next = new Map(this.rows.peek());
    if (!next.delete(keyOf(row))) next.set(keyOf(row), row);
    this.last = index;
    this.set(next);
  }

  /** @param {any[]} rows */
  add(rows) {
    this.set(new Map([...this.rows.peek(), ...rows.map((row) => /** @type {[string, any]} */ ([keyOf(row), row]))]));
  }

  clear() {
    this.set(new Map());
  }

  /** @param {Map<string, any>} rows */
  set(rows) {
    this.rows.value = rows;
    if (rows.size && !this.release) this.release = hold();
    if (!rows.size) {
      this.release?.();
      this.release = null;
    }
  }
}
