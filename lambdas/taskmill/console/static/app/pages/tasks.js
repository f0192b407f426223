import { html } from "../lib.js";
import { PageHead } from "../parts/basics.js";
import { Empty } from "../parts/states.js";

export default function Page() {
  return html`<${PageHead} title="Tasks" />
    <${Empty} title="This page is being built." />`;
}
