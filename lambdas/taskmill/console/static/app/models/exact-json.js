/**
 * JSON with numbers as they are stored: 9007199254740993 and 1.0 come back digit by digit.
 *
 * A number that JavaScript would show otherwise becomes a `Num`; every other value is plain.
 */

/** A number as its text in the stored JSON. */
export class Num {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const TAG = `\u0001${Math.random().toString(36).slice(2)}:`; // no stored text can know it

/**
 * Parse JSON; numbers that a double does not hold as written become `Num`.
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError} It is not JSON.
 */
export function parse(text) {
  let tagged = false;
  const marked = text.replace(TOKENS, (token) => {
    if (token[0] === '"' || String(Number(token)) === token) return token;
    tagged = true;
    return JSON.stringify(TAG + token);
  });
  if (!tagged) return JSON.parse(text);
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(TAG) ? new Num(value.slice(TAG.length)) : value,
  );
}

/**
 * JSON of a value, `Num` as the digits that were parsed.
 * @param {any} value
 * @param {number} [indent] Spaces; 0 for one line.
 * @returns {string}
 */
export function stringify(value, indent = 0) {
  const text = JSON.stringify(
    value,
    (_, each) => (each instanceof Num ? TAG + each.text : each),
    indent,
  );
  const tagged = new RegExp(
    JSON.stringify(TAG).slice(0, -1).replace(/\\/g, "\\\\") + '([^"]*)"',
    "g",
  );
  return text === undefined ? "null" : text.replace(tagged, "$1");
}
