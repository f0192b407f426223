// EventBridge's `cron(...)` and `rate(...)` in words; what is too odd for words stays as it is.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** @param {string} text @param {string[]} names Full names; the first is number 1. */
function named(text, names) {
  const short = names.map((each) => each.slice(0, 3).toUpperCase());
  /** @param {string} one */
  const word = (one) => {
    const at = short.indexOf(one.toUpperCase());
    return at >= 0 ? names[at] : names[Number(one) - 1];
  };
  const parts = text.split(",").map((part) => {
    const ends = part.split("-").map(word);
    return ends.length <= 2 && ends.every(Boolean) ? ends.join(" to ") : null;
  });
  return parts.every(Boolean) ? parts.join(", ").replace(/, ([^,]*)$/, " and $1") : null;
}

/** @param {string} n */
const two = (n) => n.padStart(2, "0");

/** @param {number} n */
const ordinal = (n) =>
  `${n}${["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] ?? "th"}`;

/** @param {string} minute @param {string} hour @returns {string|null} */
function time(minute, hour) {
  const number = /^\d+$/;
  const every = /^(?:\*|0)\/(\d+)$/;
  if (number.test(minute) && number.test(hour)) return `at ${two(hour)}:${two(minute)}`;
  if (number.test(minute) && /^\d+(,\d+)+$/.test(hour)) {
    return `at ${hour
      .split(",")
      .map((each) => `${two(each)}:${two(minute)}`)
      .join(", ")
      .replace(/, ([^,]*)$/, " and $1")}`;
  }
  const hours = hour.match(/^(\d+)-(\d+)$/);
  const within =
    hour === "*" ? "" : hours ? `, ${two(hours[1] ?? "")}:00 to ${two(hours[2] ?? "")}:59` : null;
  if (within !== null && minute === "*") return `every minute${within}`;
  const step = minute.match(every);
  if (within !== null && step) return `every ${step[1]} minutes${within}`;
  if (within !== null && number.test(minute))
    return `every hour at minute ${Number(minute)}${within}`;
  const hourStep = hour.match(every);
  if (hourStep && number.test(minute))
    return `every ${hourStep[1]} hours at minute ${Number(minute)}`;
  return null;
}

/** @param {string} dom @param {string} dow @returns {string|null} */
function days(dom, dow) {
  if (dow !== "?" && dow !== "*") {
    const last = dow.match(/^(\w{1,3})L$/);
    const nth = dow.match(/^(\w{1,3})#(\d)$/);
    const names = named((last ?? nth)?.[1] ?? dow, DAYS);
    if (!names) return null;
    return last
      ? ` on the last ${names} of`
      : nth
        ? ` on the ${ordinal(Number(nth[2]))} ${names} of`
        : ` on ${names}`;
  }
  if (dom === "*" || dom === "?") return "";
  if (dom === "L") return " on the last day of";
  const weekday = dom.match(/^(\d+)W$/);
  if (weekday) return ` on the weekday nearest the ${ordinal(Number(weekday[1]))} of`;
  if (!/^\d+(,\d+)*$/.test(dom)) return null;
  return ` on the ${dom
    .split(",")
    .map((each) => ordinal(Number(each)))
    .join(", ")
    .replace(/, ([^,]*)$/, " and $1")} of`;
}

/** @param {string} expression @returns {string} */
export function inWords(expression) {
  const rate = expression.match(/^rate\((\d+) (\w+?)s?\)$/);
  if (rate) return rate[1] === "1" ? `every ${rate[2]}` : `every ${rate[1]} ${rate[2]}s`;
  const once = expression.match(/^at\((.*)T(.*)\)$/);
  if (once) return `once, on ${once[1]} at ${once[2]}`;
  const [minute = "", hour = "", dom = "", month = "", dow = "", year = "*"] =
    expression
      .match(/^cron\((.*)\)$/)?.[1]
      ?.trim()
      .split(/\s+/) ?? [];
  const [at, on] = [time(minute, hour), days(dom, dow)];
  const months = month === "*" ? "" : named(month, MONTHS);
  if (at === null || on === null || months === null) return expression;
  const ofMonths = on.endsWith(" of")
    ? ` ${months || "every month"}`
    : months
      ? ` in ${months}`
      : "";
  const daily = !on && !at.startsWith("every") ? " every day" : "";
  return `${at}${daily}${on}${ofMonths}${year === "*" ? "" : ` in ${year}`}`;
}
