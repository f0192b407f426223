// Starts the console.
import { html, render } from "./lib.js";
import { start as startLive } from "./api/live.js";
import { start as startKeyboard } from "./keyboard.js";
import { start as startRouter } from "./router.js";
import { takeKey } from "./session.js";
import { App } from "./shell/app.js";
import { boot, followPermissions } from "./shell/boot.js";

takeKey();
startRouter();
startKeyboard();
startLive();
followPermissions();
void boot();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
