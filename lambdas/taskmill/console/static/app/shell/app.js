// The frame of all pages.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { follow, paused } from "../api/live.js";
import { resetReads } from "../api/reads.js";
import { useShortcuts } from "../keyboard.js";
import { PAGES, pageOf } from "../pages/index.js";
import { BulkDialog } from "../parts/bulk-dialog.js";
import { Empty, ErrorState, Loading } from "../parts/states.js";
import { Toasts } from "../parts/toasts.js";
import { go, href, route } from "../router.js";
import { useScrollMemory } from "../scrolls.js";
import { has } from "../session.js";
import { boot, ready, refused } from "./boot.js";
import { Boundary } from "./boundary.js";
import { Footer } from "./footer.js";
import { Header, ProductionBar } from "./header.js";
import { Help, helpOpen } from "./help.js";
import { Palette, paletteOpen } from "./palette.js";
import { Pauses } from "./pauses.js";
import { Rail } from "./rail.js";
import { TenantPage } from "./tenant.js";
import { Trouble } from "./trouble.js";

export function App() {
  const [railOpen, setRailOpen] = useState(false);
  const { tenant, page, parts, query } = route.value;
  useGlobalShortcuts();
  useEffect(() => setRailOpen(false), [route.value]);
  useEffect(() => {
    if (tenant && ready.value) follow(tenant);
  }, [tenant, ready.value]);
  useEffect(resetReads, [tenant, page, parts.join("/"), query.get("q")]);
  return html`<div class="shell">
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <${ProductionBar} />
    <${Header} toggleRail=${() => setRailOpen(!railOpen)} railOpen=${railOpen} />
    <${Trouble} />
    <${Pauses} />
    <div class="middle">
      <${Rail} isOpen=${railOpen} />
      <${Main} />
    </div>
    <${Footer} />
    <${Palette} />
    <${Help} />
    <${BulkDialog} />
    <${Toasts} />
  </div>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Main() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const { tenant, page } = route.value;
  useScrollMemory(ref, "main");
  return html`<main class="main" id="content" tabindex="-1" ref=${ref} data-page=${page || "overview"}>
    ${!ready.value
      ? html`<${Loading} />`
      : refused.value
        ? html`<${ErrorState} error=${refused.value} retry=${boot} />`
        : tenant
          ? html`<${Loaded} name=${page} key=${`${tenant}/${page}`} />`
          : html`<${TenantPage} />`}
  </main>`;
}

/** @type {Map<string, any>} Modules of pages that have been loaded: shown without a blink. */
const loaded = new Map();

/** @param {{name: string}} props */
function Loaded({ name }) {
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const page = pageOf(name);
  useLayoutEffect(() => {
    document.title = `${page?.title ?? "Not found"} · ${route.peek().tenant} · taskmill`;
    if (!page || loaded.has(name)) return;
    page
      .load()
      .then((module) => loaded.set(name, module.default))
      .then(() => redraw((count) => count + 1), setFailed);
  }, [name]);
  if (!page) return html`<${Empty} title="There is no such page"><a href=${href("")}>Overview</a><//>`;
  if (page.feature && !has(page.feature)) return html`<${Missing} title=${page.title} />`;
  if (failed) return html`<${ErrorState} error=${failed} />`;
  const Component = loaded.get(name);
  return Component ? html`<${Boundary}><${Component} /><//>` : html`<${Loading} />`;
}

/** @param {{title: string}} props */
function Missing({ title }) {
  return html`<${Empty} title=${`${title}: the deployed stack has no such routes`}>
    <p>It is older than this console, or leaves this part out. Deploy it with the newer version.</p>
  <//>`;
}

function useGlobalShortcuts() {
  const group = "Everywhere";
  useShortcuts(
    [
      { keys: "mod+k", label: "Open the palette", group, run: () => (paletteOpen.value = true) },
      { keys: "?", label: "Show the keys", group, run: () => (helpOpen.value = true) },
      { keys: "p", label: "Pause or resume live updates", group, run: () => (paused.value = !paused.value) },
      ...PAGES.filter(({ keys }) => keys).map(({ keys, name, title }) => ({
        keys: keys ?? "",
        label: `Go to ${title}`,
        group: "Go to",
        run: () => go(href(name)),
      })),
    ],
    [],
  );
}
