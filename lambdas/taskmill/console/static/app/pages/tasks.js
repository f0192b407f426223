import { html } from "../lib.js";
import { TaskList } from "../lists/task-list.js";

export default function Tasks() {
  return html`<${TaskList} page="tasks" folder="tasks" title="Tasks" />`;
}
