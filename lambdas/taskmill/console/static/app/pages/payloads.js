// Large inputs and results: the first 64 KB at once, the whole as a download.
import { parse } from "../models/exact-json.js";
import { errorOf } from "../api/errors.js";
import { consoleInfo, identity } from "../session.js";
import { FIRST_BYTES } from "../models/json-tree.js";

/**
 * What to show of a payload: its value, or the beginning of its text.
 *
 * @param {any} value What the answer holds; used without an address.
 * @param {string | null | undefined} url Of a large one.
 * @param {AbortSignal} [signal]
 * @returns {Promise<{value?: any, text?: string, size?: string, link?: string, download?: () => Promise<void>}>}
 */
export async function readPayload(value, url, signal) {
  if (!url) return { value: value ?? null };
  if (consoleInfo.peek().signIn) return { link: url }; // no server between the bucket and the page
  const download = () => save(url);
  const response = await payload(url, { range: `bytes=0-${FIRST_BYTES - 1}` }, signal);
  const text = await response.text();
  const total = Number(
    /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? text.length,
  );
  if (response.status !== 206 || total <= FIRST_BYTES) {
    const whole = text.length > FIRST_BYTES * 16 ? undefined : tried(text);
    if (whole !== undefined) return { value: whole, download };
  }
  return { text: text.slice(0, FIRST_BYTES), size: sizeOf(Math.max(total, text.length)), download };
}

/** @param {number} bytes */
const sizeOf = (bytes) =>
  bytes < 1e6 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;

/** @param {string} text */
function tried(text) {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The payload by way of the console's server: the bucket allows no other origin.
 *
 * @param {string} url @param {Record<string, string>} headers @param {AbortSignal} [signal]
 */
async function payload(url, headers, signal) {
  const response = await fetch(`/payload?${new URLSearchParams({ url })}`, {
    headers: { ...identity(), ...headers },
    cache: "no-store",
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw errorOf(response.status, tried(await response.text()));
  return response;
}

/** @param {string} url */
async function save(url) {
  const blob = await (await payload(url, {})).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = "payload.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
