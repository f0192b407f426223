// The head: tenant, navigation, palette, live state, settings; above it the bar of a production stack.
import { html } from "../lib.js";
import { paused, trouble, updatedAt } from "../api/live.js";
import { PAGES } from "../pages/index.js";
import { Button } from "../parts/basics.js";
import { Menu } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { go, href, route } from "../router.js";
import { consoleInfo, environment, has, isProduction, mayWrite, tenants, token, whoami } from "../session.js";
import { signOut } from "../signin.js";
import { theme, utc } from "../settings.js";
import { relative } from "../times.js";
import { paletteOpen } from "./palette.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Pages that the API and the viewer's rights allow. */
export function shownPages() {
  return PAGES.filter(
    ({ nav, feature, writes }) => nav && (!feature || has(feature)) && (!writes || mayWrite.value),
  );
}

/** @param {{toggleRail: () => void, railOpen: boolean}} props */
export function Header({ toggleRail, railOpen }) {
  return html`<header class="header">
    <${Button}
      kind="ghost"
      icon="filter"
      label="Statuses and types"
      class="button ghost icon-only rail-button"
      aria-expanded=${railOpen}
      aria-controls="rail"
      onClick=${toggleRail}
    />
    <a class="brand" href=${href("")} aria-label="taskmill, overview"><${Mark} /></a>
    <${Tenants} />
    <${Navigation} />
    <span class="spring"></span>
    <button
      type="button"
      class="button palette-button"
      aria-keyshortcuts="Meta+K Control+K"
      onClick=${() => (paletteOpen.value = true)}
    >
      <${Icon} name="search" /><span class="palette-words">Search</span>
      <kbd>${IS_MAC ? "⌘" : "Ctrl"} K</kbd>
    </button>
    <${Live} />
    <${Settings} />
  </header>`;
}

function Mark() {
  return html`<svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
    <rect width="16" height="16" rx="3.5" fill="var(--accent)" />
    <path
      d="M4 4.75h8M8 4.75v6.5M5.25 8v3.25M10.75 8v3.25"
      stroke="var(--on-accent)"
      stroke-width="1.6"
      stroke-linecap="round"
      fill="none"
    />
  </svg>`;
}

function Tenants() {
  const { tenant, page } = route.value;
  const names = tenants.value ?? (tenant ? [tenant] : []);
  const items = names.map((name) => ({
    text: name,
    checked: name === tenant,
    run: () => go(href(["task", "fan-out"].includes(page) ? "" : page, [], {}, name)),
  }));
  const other = { text: "Another tenant…", run: () => go("#/") };
  const text = html`<span class="cut">${tenant || "no tenant"}</span><${Icon} name="down" />`;
  return html`<${Menu} label="Tenant" text=${text} items=${[...items, other]} />`;
}

function Navigation() {
  const { page } = route.value;
  const parent = { task: "tasks", "fan-out": "fan-outs" }[page] ?? page;
  return html`<nav class="nav" aria-label="Pages">
    ${shownPages().map(
      ({ name, title }) =>
        html`<a href=${href(name)} aria-current=${name === parent ? "page" : undefined}>${title}</a>`,
    )}
  </nav>`;
}

function Live() {
  const state = paused.value ? "paused" : trouble.value ? "no connection" : "live";
  const at = updatedAt.value;
  return html`<button
    type="button"
    class="button ghost live"
    data-state=${state}
    aria-pressed=${paused.value}
    title=${paused.value ? "Resume live updates (p)" : "Pause live updates (p)"}
    onClick=${() => (paused.value = !paused.value)}
  >
    <span class="live-dot" aria-hidden="true"></span>
    <span class="live-state">${state}</span>
    <span class="live-time muted">${at ? `· updated ${relative(at)}` : ""}</span>
    <span class="hidden-text">; ${paused.value ? "resume" : "pause"} live updates</span>
    <${Icon} name=${paused.value ? "play" : "pause"} />
  </button>`;
}

function Settings() {
  /** @type {["system" | "light" | "dark", string][]} */
  const themes = [
    ["system", "System theme"],
    ["light", "Light theme"],
    ["dark", "Dark theme"],
  ];
  const items = [
    ...themes.map(([name, text]) => ({
      text,
      checked: theme.value === name,
      run: () => (theme.value = name),
    })),
    { text: "Times in UTC", checked: utc.value, run: () => (utc.value = true) },
    { text: "Times in local time", checked: !utc.value, run: () => (utc.value = false) },
    ...(token.value ? [{ text: "Sign out", run: () => void signOut() }] : []),
  ];
  const icon = { system: "system", light: "sun", dark: "moon" }[theme.value];
  return html`<${Menu} label="Theme and times" icon=${icon} items=${items} end />`;
}

export function ProductionBar() {
  if (!isProduction.value) return null;
  const { name, region } = whoami.value?.stack ?? {};
  const told = [name, region, consoleInfo.value.profile].filter(Boolean).join(" · ");
  return html`<div class="production" role="note" aria-label="Production stack">
    <strong>${(environment.value ?? "").toUpperCase()}</strong> ${told}
  </div>`;
}
