// The rows of a list that is read by cursor: few pages are kept, the others are read again when
// they are scrolled back to. A list of a million rows keeps some thousand.
import { signal } from "../lib.js";

/**
 * @typedef {any} Row A `Task` of the API, or what stands for it; has `pk` and `sk`.
 * @typedef {{items: Row[], cursor?: string | null}} Answer
 * @typedef {object} Page
 * @property {number} start Index of its first row.
 * @property {number} count
 * @property {string | null} cursor With which it was read.
 * @property {Row[] | null} rows null: dropped.
 * @property {number} used When it was last in view.
 * @property {boolean} [asked] Being read.
 */

const KEPT_ROWS = 4_000;
const EMPTY_PAGES = 10;

export class PagedRows {
  /**
   * @param {(cursor: string | null, signal: AbortSignal) => Promise<Answer>} read
   */
  constructor(read) {
    this.read = read;
    /** @type {Page[]} */
    this.pages = [];
    /** @type {string | null} */
    this.next = null;
    this.count = 0;
    this.done = false;
    this.loading = false;
    /** Whether rows may follow although the last pages were empty. */
    this.rested = false;
    this.error = /** @type {any} */ (null);
    this.readAt = 0;
    this.used = 0;
    /** Counts changes; components that read it are drawn again. */
    this.version = signal(0);
    this.stop = new AbortController();
  }

  /** Read from the beginning. */
  async restart() {
    this.stop.abort();
    this.stop = new AbortController();
    const before = { pages: this.pages, count: this.count, next: this.next, done: this.done };
    Object.assign(this, { next: null, done: false, rested: false, error: null, loading: false });
    /** @type {Page[]} */
    this.pages = [];
    this.count = 0;
    await this.more();
    if (this.error && before.count) Object.assign(this, before); // old rows beat none
    this.changed();
  }

  /** Read the page that follows; empty ones are skipped, a few at a time. */
  async more() {
    if (this.loading || this.done) return;
    const { stop } = this;
    this.loading = true;
    this.rested = false;
    this.changed();
    try {
      for (let empty = 0; empty < EMPTY_PAGES; empty += 1) {
        const cursor = this.next;
        const answer = await this.read(cursor, stop.signal);
        if (stop !== this.stop) return;
        this.append(answer, cursor);
        if (answer.items.length || this.done) break;
        this.rested = empty === EMPTY_PAGES - 1;
      }
      this.error = null;
    } catch (error) {
      if (stop === this.stop) this.error = error;
    }
    if (stop !== this.stop) return;
    this.loading = false;
    this.changed();
  }

  /**
   * @param {Answer} answer
   * @param {string | null} cursor
   */
  append({ items, cursor: next }, cursor) {
    if (items.length) {
      const page = { start: this.count, count: items.length, cursor, rows: items, used: ++this.used };
      this.pages.push(page);
      this.count += items.length;
    }
    this.next = next ?? null;
    this.done = !next;
    this.readAt = Date.now();
    this.drop();
  }

  /**
   * @param {number} index
   * @returns {Row | undefined} undefined: not there, or being read again.
   */
  row(index) {
    const page = this.pageOf(index);
    return page?.rows?.[index - page.start];
  }

  /**
   * Said by the view: which rows it shows.
   *
   * @param {number} first
   * @param {number} last
   */
  show(first, last) {
    for (let index = first; index <= last; ) {
      const page = this.pageOf(index);
      if (!page) break;
      page.used = ++this.used;
      if (!page.rows && !page.asked) void this.again(page);
      index = page.start + page.count;
    }
    if (last >= this.count - 20 && !this.rested && !this.error) void this.more();
  }

  /**
   * Read a page again.
   *
   * @param {Page} page
   */
  async again(page) {
    page.asked = true;
    try {
      const { items } = await this.read(page.cursor, this.stop.signal);
      page.rows = items.slice(0, page.count);
    } catch (error) {
      if (!this.stop.signal.aborted) this.error = error;
    }
    page.asked = false;
    this.drop();
    this.changed();
  }

  /**
   * Put newer rows in the place of those with the same key.
   *
   * @param {Row[]} rows
   */
  patch(rows) {
    const newer = new Map(rows.map((row) => [keyOf(row), row]));
    for (const page of this.pages) {
      page.rows?.forEach((row, at) => {
        const found = newer.get(keyOf(row));
        if (found && page.rows) page.rows[at] = { ...row, ...found };
      });
    }
    this.changed();
  }

  /** Forget the pages that were out of view for longest. */
  drop() {
    const kept = this.pages.filter((page) => page.rows).sort((one, other) => other.used - one.used);
    let rows = 0;
    for (const page of kept) {
      rows += page.count;
      if (rows > KEPT_ROWS && rows > page.count) page.rows = null;
    }
  }

  /** @param {number} index */
  pageOf(index) {
    let [low, high] = [0, this.pages.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const page = /** @type {Page} */ (this.pages[middle]);
      if (index < page.start) high = middle - 1;
      else if (index >= page.start + page.count) low = middle + 1;
      else return page;
    }
    return undefined;
  }

  changed() {
    this.version.value += 1;
  }
}

/** @param {{pk: string, sk: string}} row */
export function keyOf({ pk, sk }) {
  return `${pk}\n${sk}`;
}
