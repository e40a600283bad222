// The timeline in its place: what of it is shown, where the focus is, and how much room there is.
import { timeline } from "./timeline.js";

export class Chart {
  #at;
  #lead;
  #items = [];
  #span;
  #width;

  /** `lead` goes to the card of an incident. */
  constructor(at, lead) {
    this.#at = at;
    this.#lead = lead;
    // drawn later, as drawing changes what is observed
    new ResizeObserver(() => requestAnimationFrame(() => {
      if (at.hasChildNodes() && this.#width !== at.clientWidth) this.draw(this.#items);
    })).observe(at);
  }

  /** Shows the whole from now on. */
  whole() {
    this.#span = undefined;
  }

  /** The focus stays on the button that is pressed or, when that is gone, goes to the first that is
      there. */
  draw(items) {
    const held = this.#at.contains(document.activeElement) ? document.activeElement : undefined;
    const name = held?.getAttribute("aria-label");
    this.#items = items;
    this.#width = this.#at.clientWidth;
    this.#at.replaceChildren(...timeline(items, this.#span, this.#width, {
      zoom: (span) => {
        this.#span = span;
        this.draw(items);
      },
      lead: this.#lead,
    }));
    if (!held) return;
    const first = (selector) => this.#at.querySelector(selector);
    const again = held.id ? document.getElementById(held.id) : first(`[aria-label="${CSS.escape(name)}"]`);
    (again ?? first(".strip button") ?? first("button"))?.focus();
  }
}
