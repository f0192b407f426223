// Keeps the frame when a page breaks: its error is shown in place of the page.
import { Component, html } from "../lib.js";
import { ErrorState } from "../parts/states.js";

export class Boundary extends Component {
  constructor() {
    super();
    /** @type {{error: any}} */
    this.state = { error: null };
  }

  /** @param {any} error */
  static getDerivedStateFromError(error) {
    return { error };
  }

  /** @override */
  render() {
    const { error } = this.state;
    if (!error) return /** @type {any} */ (this.props.children);
    const again = () => this.setState({ error: null });
    return html`<${ErrorState} error=${error} retry=${again} />`;
  }
}
