// An editor in a shadow root, where its styles need no exception from the page's policy for them.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";

const setMarks = StateEffect.define();
const marks = StateField.define({
  create: () => Decoration.none,
  update(value, change) {
    for (const effect of change.effects) if (effect.is(setMarks)) return effect.value;
    return value.map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--ground)", border: "0" },
  ".found": { backgroundColor: "var(--mark)", borderRadius: "3px" },
  ".found.critical, .found.high": { textDecoration: "underline wavy var(--critical) 1px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important" },
});

/** Light colours of syntax are hard to read on dark ground: there it has none. */
const light = syntaxHighlighting(defaultHighlightStyle, { fallback: true });

export class Editor {
  #view;
  #colours = new Compartment();

  constructor(place, label, onChange) {
    const root = place.attachShadow({ mode: "open" });
    const inner = root.appendChild(document.createElement("div"));
    inner.style.height = "100%";
    this.#view = new EditorView({
      parent: inner,
      root,
      extensions: [
        lineNumbers(),
        history(),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        yaml(),
        this.#colours.of(light),
        EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && onChange()),
        marks,
        look,
      ],
    });
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
  }

  /** Puts a text in the place of another, as if it had been typed. */
  replace(from, to, insert) {
    this.#view.dispatch({ changes: { from, to, insert } });
  }

  set dark(dark) {
    this.#view.dispatch({ effects: this.#colours.reconfigure(dark ? [] : light) });
  }

  /** Marks places: `{line, column, severity}`, each to the end of its line. */
  mark(places) {
    const ranges = places
      .map(({ line, column, severity }) => ({ ...this.#range(line, column), severity }))
      .filter(({ from, to }) => from < to)
      .sort((one, other) => one.from - other.from)
      .map(({ from, to, severity }) => Decoration.mark({ class: `found ${severity}` }).range(from, to));
    this.#view.dispatch({ effects: setMarks.of(Decoration.set(ranges, true)) });
  }

  /** Selects a place and goes there. */
  show({ line, column }) {
    const { from, to } = this.#range(line, column);
    this.#view.dispatch({
      selection: { anchor: from, head: to },
      effects: EditorView.scrollIntoView(from, { y: "center" }),
    });
    this.#view.focus();
  }

  /** From a column, without one from the first letter, to the end of a line. */
  #range(line, column) {
    const { doc } = this.#view.state;
    const { from, to, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    // columns count characters, the editor code units
    const start = column
      ? [...text].slice(0, column - 1).join("").length
      : text.length - text.trimStart().length;
    return { from: Math.min(from + start, to), to: from + text.trimEnd().length };
  }
}
