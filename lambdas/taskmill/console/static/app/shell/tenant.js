// Where no tenant is named: choose one, or name one.
import { html, useState } from "../lib.js";
import { Button, Card, PageHead } from "../parts/basics.js";
import { go, href } from "../router.js";
import { tenants } from "../session.js";

export function TenantPage() {
  const [name, setName] = useState("");
  const open = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name.trim()) go(href("", [], {}, name.trim()));
  };
  return html`<${PageHead} title="Which tenant?" hint="Tasks belong to a tenant; yours decide what you see." />
    <${Card} class="tenants">
      <ul>
        ${(tenants.value ?? []).map((each) => html`<li><a href=${href("", [], {}, each)}>${each}</a></li>`)}
      </ul>
      <form class="inline-form" onSubmit=${open}>
        <label for="tenant">Name</label>
        <input id="tenant" class="input" value=${name} autocomplete="off" onInput=${(/** @type {any} */ event) => setName(event.target.value)} />
        <${Button} kind="primary" type="submit">Open<//>
      </form>
    <//>`;
}
