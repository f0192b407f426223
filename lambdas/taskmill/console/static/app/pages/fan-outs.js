import { html } from "../lib.js";
import { TaskList } from "../lists/task-list.js";

export default function FanOuts() {
  return html`<${TaskList} page="fan-outs" folder="step-function-tasks" title="Fan-outs" />`;
}
