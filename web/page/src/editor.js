// An editor in a shadow root, where its styles need no exception from the page's policy for them.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { defaultHighlightStyle, ensureSyntaxTree, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, keymap, lineNumbers } from "@codemirror/view";
import { extent } from "./place.js";

/** Places that are marked, `{from, to?, path?, severity}` by offsets, which move with the text. */
const setMarks = StateEffect.define();
const marks = StateField.define({
  create: () => [],
  update(value, { changes, docChanged, effects }) {
    for (const effect of effects) if (effect.is(setMarks)) return effect.value;
    if (!docChanged) return value;
    return value.map((mark) => ({ ...mark, from: changes.mapPos(mark.from, 1), to: mark.to && changes.mapPos(mark.to, -1) }));
  },
});

/** Only what is in sight is marked: how far a part goes is known of what has been parsed. */
const shown = ViewPlugin.fromClass(class {
  constructor(view) {
    this.decorations = decorations(view);
  }

  update(update) {
    const parsed = syntaxTree(update.startState) !== syntaxTree(update.state);
    const marked = update.startState.field(marks) !== update.state.field(marks);
    if (parsed || marked || update.viewportChanged) this.decorations = decorations(update.view);
  }
}, { decorations: (plugin) => plugin.decorations });

function decorations({ state, viewport }) {
  const ranges = state.field(marks)
    .filter(({ from, to }) => from <= viewport.to && (to ?? from + FARTHEST) >= viewport.from)
    .map((mark) => ({ ...mark, to: mark.to ?? extentIn(state, syntaxTree(state), mark).to }))
    .filter(({ from, to }) => from < to && to <= state.doc.length)
    .sort((one, other) => one.from - other.from || other.to - one.to);
  return Decoration.set(ranges.map(({ from, to, severity }) => Decoration.mark({ class: `found ${severity}` }).range(from, to)), true);
}

/** Parts that start above what is in sight are looked at when they start this near, in letters. */
const FARTHEST = 1 << 14;

function extentIn(state, tree, { from, path }) {
  return extent(tree, { slice: (start, end) => state.doc.sliceString(start, end) }, from, path);
}

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

  /** `onPaste` is given what is pasted and answers whether it is taken care of. */
  constructor(place, label, onChange, onPaste = () => false) {
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
        EditorView.domEventHandlers({ paste: ({ clipboardData }) => onPaste(clipboardData?.getData("text/plain") ?? "") }),
        EditorView.updateListener.of((update) => update.docChanged && onChange()),
        marks,
        shown,
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

  /** Marks places: `{line, column, path, severity}`, without a column to the end of the line. */
  mark(places) {
    this.#view.dispatch({ effects: setMarks.of(places.map(({ severity, ...place }) => ({ ...this.#start(place), severity }))) });
  }

  /** Selects a place and goes there. */
  show(place) {
    const { state } = this.#view;
    const start = this.#start(place);
    // of a text that takes longer to parse, as much as there is
    const tree = ensureSyntaxTree(state, state.doc.length, 500) ?? syntaxTree(state);
    const { from, to } = start.to === undefined ? extentIn(state, tree, start) : start;
    this.#view.dispatch({
      selection: { anchor: from, head: Math.min(to, state.doc.length) },
      effects: EditorView.scrollIntoView(from, { y: "center" }),
    });
    this.#view.focus();
  }

  /** Where a place starts and what it is of; without a column, from the first letter of its line
      to the last. */
  #start({ line, column, path }) {
    const { doc } = this.#view.state;
    const { from, to, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    if (!column) return { from: from + text.length - text.trimStart().length, to: from + text.trimEnd().length };
    // columns count characters, the editor code units
    return { from: Math.min(from + [...text].slice(0, column - 1).join("").length, to), path };
  }
}
