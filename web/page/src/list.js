// The cards of what was found, in their place: as many as are shown, and those that people asked
// for besides.
import { cardOf, cards, told } from "./show.js";
import { notes } from "./summary.js";

export class List {
  #at;
  #does;
  #asked = new Set();
  #shown;

  /** What `cards` need of the page, as far as it does not change with what is shown. */
  constructor(at, does) {
    this.#at = at;
    this.#does = does;
  }

  /** Forgets what was asked for. */
  begin() {
    this.#asked.clear();
  }

  draw(report, items, rules) {
    this.#shown = { report, items, rules };
    const { shown, made, notes } = this.#made();
    this.#at.replaceChildren(...made(shown), ...notes);
  }

  /** To the card of an incident; where there was none, one is added, and the others stay as they are. */
  lead(item) {
    if (!cardOf(item)) {
      this.#asked.add(item.incident.id);
      const { shown, made, notes } = this.#made();
      for (const note of this.#at.querySelectorAll(":scope > p")) note.remove();
      this.#at.insertBefore(made([item])[0], this.#at.children[shown.indexOf(item)] ?? null);
      this.#at.append(...notes);
    }
    const card = cardOf(item);
    card.scrollIntoView({ block: "center" });
    card.querySelector("button, summary").focus();
  }

  #made() {
    const { report, items, rules } = this.#shown;
    const { shown, beside } = told(items, this.#asked);
    return {
      shown,
      made: (items) => cards(items, rules, { ...this.#does, shown: report.isShown, beside }),
      notes: notes(report, items, shown),
    };
  }
}
