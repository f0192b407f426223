// A dialog that does something: asked twice in production, with what the API refuses said in it.
import { html, useState } from "../lib.js";
import { Button } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { toast } from "../parts/toasts.js";
import { environment, isProduction } from "../session.js";
import { reread } from "./short.js";

/**
 * @param {{title: any, verb: string, kind?: string, run: () => Promise<string | void>,
 *   close: () => void, children?: any}} props
 *   run: does it, and returns what is said afterwards; nothing: the dialog stays as it is.
 */
export function Ask({ title, verb, kind = "primary", run, close, children }) {
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const go = async () => {
    if (isProduction.value && !sure) {
      setSure(true);
      return;
    }
    setBusy(true);
    setRefusal("");
    try {
      const said = await run();
      if (said) {
        toast(said, { kind: "success" });
        close();
        await reread();
      }
    } catch (error) {
      setRefusal(/** @type {Error} */ (error).message);
    }
    setSure(false);
    setBusy(false);
  };
  const keydown = (/** @type {any} */ event) => event.key === "Enter" && event.target.tagName === "INPUT" && !busy && go();
  return html`<${Dialog} title=${title} onClose=${close} actions=${html`<${Button} onClick=${close}>Close<//>
      <${Button} kind=${sure ? "danger" : kind} disabled=${busy} onClick=${go}>${sure ? `Yes, in ${environment.value}: ${verb.toLowerCase()}` : verb}<//>`}>
    <div class="ask" onKeyDown=${keydown}>${children}</div>
    ${sure && html`<p class="banner danger" role="alert">This is <b>${environment.value}</b>. Press once more to go on.</p>`}
    ${refusal && html`<p class="banner danger" role="alert">${refusal}</p>`}<//>`;
}
