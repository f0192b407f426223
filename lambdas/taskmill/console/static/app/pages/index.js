// The pages: name in the address, place in the navigation, module. Add a page here.

/**
 * @typedef {object} Page
 * @property {string} name In the address: `#/tenant/name`; "" is the overview.
 * @property {string} title
 * @property {boolean} [nav] Whether the navigation shows it.
 * @property {string} [keys] A shortcut, such as "g t".
 * @property {string} [feature] The group of routes that it needs; without it, it is not shown.
 * @property {boolean} [writes] Only for those who may write.
 * @property {() => Promise<{default: (props: any) => any}>} load
 */

/** @type {Page[]} */
export const PAGES = [
  { name: "", title: "Overview", nav: true, keys: "g o", load: () => import("./overview.js") },
  { name: "tasks", title: "Tasks", nav: true, keys: "g t", load: () => import("./tasks.js") },
  { name: "fan-outs", title: "Fan-outs", nav: true, keys: "g f", load: () => import("./fan-outs.js") },
  {
    name: "errors",
    title: "Errors",
    nav: true,
    keys: "g e",
    feature: "errors",
    load: () => import("./errors.js"),
  },
  { name: "schedules", title: "Schedules", nav: true, keys: "g s", load: () => import("./schedules.js") },
  { name: "callbacks", title: "Callbacks", nav: true, keys: "g c", load: () => import("./callbacks.js") },
  {
    name: "limits",
    title: "Limits",
    nav: true,
    keys: "g l",
    feature: "limits",
    load: () => import("./limits.js"),
  },
  {
    name: "submit",
    title: "Submit",
    nav: true,
    keys: "g n",
    writes: true,
    load: () => import("./submit.js"),
  },
  {
    name: "health",
    title: "Health",
    nav: true,
    keys: "g h",
    feature: "health",
    load: () => import("./health.js"),
  },
  { name: "task", title: "Task", load: () => import("./task.js") },
  { name: "fan-out", title: "Fan-out", load: () => import("./fan-out.js") },
  { name: "bulk", title: "Bulk operations", feature: "bulk", load: () => import("./bulk.js") },
];

/** @param {string} name */
export function pageOf(name) {
  return PAGES.find((page) => page.name === name);
}
