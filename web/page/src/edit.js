// A YAML or JSON text without some of its parts: every other letter of it stays, comments, quotes
// and indentation too. It knows the text's structure, and nothing of what the text says.
import { isAlias, isCollection, isMap, parseDocument, stringify, visit } from "yaml";
import { keysOf } from "./pointer.js";

export class Edit {
  #text;
  #document;
  #object;
  #removed = new Set();
  #replaced = new Map();
  #added = new Map();
  #changed = new Set();

  /** Of the object that starts at an offset; nothing if none does. */
  static of(text, offset) {
    const document = parseDocument(text, { keepSourceTokens: true, logLevel: "silent", uniqueKeys: false, merge: true });
    const object = document.contents && startingAt(document.contents, offset);
    return object ? new Edit(text, document, object) : undefined;
  }

  constructor(text, document, object) {
    this.#text = text;
    this.#document = document;
    this.#object = object;
  }

  /** Where the whole object ends. */
  get end() {
    return this.#object.range[1];
  }

  /** The same object in a text in which what was changed is shared with nothing else: where not
      all that an alias or an anchor stands for was changed, each alias of it has become what it
      stands for. Nothing if that is so already. */
  get apart() {
    const passed = new Set();
    for (const found of [...this.#changed].map((pointer) => this.#find(pointer))) {
      found?.passed.forEach((node) => passed.add(node));
      // what goes takes its anchors with it
      if (found) visit(valueOf(found.child), { Value: (_, node) => { passed.add(node); } });
    }
    const uses = new Map();
    visit(this.#document, {
      Alias: (at, alias) => {
        const node = alias.resolve(this.#document);
        if (at !== "key") uses.set(node, [...(uses.get(node) ?? []), alias]);
      },
    });
    const cuts = [...uses].flatMap(([node, aliases]) => {
      const changed = [node, ...aliases].filter((use) => passed.has(use)).length;
      if (changed === 0 || changed > aliases.length) return [];
      const by = this.#writtenOut(node);
      return aliases.map(({ range: [from, to] }) => ({ from, to, by }));
    });
    if (cuts.length === 0) return undefined;
    const begin = this.#object.range[0];
    const before = cuts.filter(({ from }) => from < begin);
    const moved = before.reduce((sum, { from, to, by }) => sum + by.length - (to - from), begin);
    return Edit.of(without(this.#text, cuts), moved);
  }

  /** Takes away what a pointer names. What that leaves empty goes as well where `goes` of its
      pointer says so, or is written as empty. Tells whether there is such a part. */
  remove(pointer, goes) {
    const found = this.#changes(pointer);
    if (!found) return false;
    this.#removed.add(found.child);
    let { parent } = found;
    const isLeft = () => parent.items.some((other) => !this.#removed.has(other));
    // what was merged and is empty is not merged any more
    for (const holder of found.merged) {
      if (isLeft()) return true;
      this.#removed.add(holder.child);
      parent = holder.parent;
    }
    if (isLeft()) return true;
    const above = pointer.slice(0, pointer.lastIndexOf("/"));
    const whole = goes(above);
    if (whole !== undefined) return this.remove(whole, goes);
    const holder = above && this.#find(above);
    if (holder) this.#replaced.set(holder.child, { value: isMap(parent) ? "{}" : "[]" });
    return true;
  }

  /** Puts another text in the place of a value. */
  set(pointer, value) {
    const found = this.#changes(pointer);
    if (found) this.#replaced.set(found.child, { value });
    return Boolean(found);
  }

  /** Puts another key, and a text as its value, in the place of a key and its value. */
  replace(pointer, key, value) {
    const found = this.#changes(pointer);
    if (!found || !isMap(found.parent)) return false;
    this.#replaced.set(found.child, { key, value });
    return true;
  }

  /** Puts an item, given as data, behind the one of a list that a pointer names. */
  add(pointer, data) {
    const found = this.#changes(pointer);
    if (found && !isMap(found.parent)) this.#added.set(found.child, data);
  }

  /** What a pointer names, as data. */
  data(pointer) {
    const found = this.#find(pointer);
    return found && this.#resolved(valueOf(found.child))?.toJS(this.#document);
  }

  get text() {
    const cuts = [];
    this.#cut(this.#document.contents, cuts, new Set());
    return without(this.#text, cuts);
  }

  #changes(pointer) {
    this.#changed.add(pointer);
    return this.#find(pointer);
  }

  /** What a pointer names, the map or list that it stands in, what holds that one where it was
      merged, and all that stands on the way. */
  #find(pointer) {
    let found;
    let node = this.#object;
    const passed = [];
    for (const key of keysOf(pointer)) {
      const parent = this.#resolved(node);
      if (!isCollection(parent)) return undefined;
      found = isMap(parent) ? this.#member(parent, key) : { parent, child: parent.items[Number(key)], merged: [] };
      if (!found?.child) return undefined;
      passed.push(node, ...found.merged.map(({ source }) => source));
      node = valueOf(found.child);
    }
    return found && { ...found, passed };
  }

  /** A member of a map, its own or merged: of several, what comes later in the text wins. */
  #member(map, key) {
    const own = map.items.find((pair) => String(pair.key?.value) === key);
    if (own) return { parent: map, child: own, merged: [] };
    for (const pair of map.items.filter(isMerge).reverse()) {
      const value = pair.value;
      const holder = { parent: map, child: pair };
      const sources = isCollection(value) && !isMap(value) ? value.items : [value];
      for (const source of sources) {
        const node = this.#resolved(source);
        const found = isMap(node) && this.#member(node, key);
        if (!found) continue;
        const holders = source === value ? [{ ...holder, source }] : [{ parent: value, child: source, source }, { ...holder, source: value }];
        return { ...found, merged: [...found.merged, ...holders] };
      }
    }
    return undefined;
  }

  /** A node on one line, in its own letters, with what its aliases stand for. */
  #writtenOut(node) {
    const own = this.#resolved(node);
    if (!isCollection(own)) return own ? scalar(own) : "null";
    if (!isMap(own)) return `[${own.items.map((item) => this.#writtenOut(item)).join(", ")}]`;
    const pairs = own.items.map(({ key, value }) =>
      `${isMerge({ key }) ? key.source : this.#writtenOut(key)}: ${this.#writtenOut(value)}`);
    return `{${pairs.join(", ")}}`;
  }

  #resolved(node) {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #cut(node, cuts, seen) {
    if (!isCollection(node) || seen.has(node)) return;
    seen.add(node);
    const kept = node.items.filter((child) => !this.#removed.has(child));
    if (kept.length > 0 && kept.length < node.items.length) {
      cuts.push(...(node.flow ? this.#flow(node) : this.#block(node)));
    }
    for (const child of kept) {
      const other = this.#replaced.get(child);
      if (this.#added.has(child)) cuts.push(this.#another(node, child, this.#added.get(child)));
      if (other) cuts.push(this.#written(node, child, other));
      else this.#cut(valueOf(child), cuts, seen);
    }
  }

  /** Between brackets a part goes with its comma: up to the next one, or from the one before. */
  #flow({ items }) {
    const last = items.findLastIndex((child) => !this.#removed.has(child));
    const cuts = items.slice(0, last).flatMap((child, index) =>
      this.#removed.has(child) ? [{ from: start(child), to: start(items[index + 1]) }] : []);
    if (last < items.length - 1) cuts.push({ from: end(items[last]), to: end(items.at(-1)) });
    return cuts;
  }

  /** Without brackets a part goes with its lines. */
  #block(node) {
    const { items } = node;
    const cuts = [];
    let first = 0;
    const begins = (index) => (isMap(node) ? start(items[index]) : dash(node, index));
    // what follows it on the line of another's dash moves up
    if (this.#removed.has(items[0]) && this.#text.slice(this.#lineOf(begins(0)), begins(0)).trim()) {
      first = items.findIndex((child) => !this.#removed.has(child));
      cuts.push({ from: begins(0), to: begins(first) });
    }
    for (let index = first; index < items.length; index++) {
      if (!this.#removed.has(items[index])) continue;
      cuts.push({ from: this.#lineOf(begins(index)), to: this.#after(end(items[index])) });
    }
    return cuts;
  }

  #written(node, child, { key, value }) {
    const quoted = (at) => this.#text[at] === "\"";
    const like = (at, text) => (quoted(at) ? JSON.stringify(text) : text);
    const to = end(child);
    // a text of lines ends with that of its last line
    const line = this.#text[to - 1] === "\n" ? "\n" : "";
    const from = start(child);
    if (key !== undefined) return { from, to, by: `${like(from, key)}: ${value}${line}` };
    const old = valueOf(child);
    const begin = old.range[0];
    if (!isCollection(old) || old.flow) return { from: begin, to, by: like(begin, value) + line };
    // lines become one, behind the colon or the dash
    const colon = child.srcToken?.sep?.find(({ type }) => type === "map-value-ind");
    return { from: (colon?.offset ?? dash(node, node.items.indexOf(child))) + 1, to, by: ` ${value}${line}` };
  }

  #another(list, child, data) {
    const at = end(child);
    if (list.flow) return { from: at, to: at, by: `, ${JSON.stringify(data)}` };
    const begin = dash(list, list.items.indexOf(child));
    const indent = this.#text.slice(this.#lineOf(begin), begin);
    const flow = stringify(data, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
    const from = this.#after(at);
    const ended = this.#text[from - 1] === "\n";
    return { from, to: from, by: `${ended ? "" : "\n"}${indent}- ${flow}${ended ? "\n" : ""}` };
  }

  #lineOf(offset) {
    return this.#text.lastIndexOf("\n", offset - 1) + 1;
  }

  #after(offset) {
    if (this.#text[offset - 1] === "\n") return offset;
    const line = this.#text.indexOf("\n", offset);
    return line < 0 ? this.#text.length : line + 1;
  }
}

/** The map that starts at an offset: the document itself, or in one of its lists. */
function startingAt(node, offset) {
  if (!isCollection(node)) return undefined;
  if (isMap(node) && (node.range[0] === offset || start(node.items[0]) === offset)) return node;
  for (const child of node.items) {
    const value = valueOf(child);
    if (isCollection(value) && value.range[0] <= offset && offset < value.range[2]) return startingAt(value, offset);
  }
  return undefined;
}

/** A text with other texts in the place of parts of it. */
function without(text, cuts) {
  // from the end, and nothing is put where something is still to be taken away
  const ordered = cuts.sort((one, other) => other.from - one.from || other.to - one.to);
  return ordered.reduce((now, { from, to, by = "" }) => now.slice(0, from) + by + now.slice(to), text);
}

/** A text that means the same between brackets: what is not quoted may be no text. */
function scalar({ type, source, value }) {
  if (type !== "PLAIN" || /[\n,[\]{}]/.test(source)) return JSON.stringify(value);
  return source || "null";
}

/** `<<`, which the parser tells from a text. */
function isMerge(pair) {
  return typeof pair.key?.value === "symbol";
}

function valueOf(child) {
  return child?.key === undefined ? child : child.value;
}

function start(child) {
  return (child?.key ?? child)?.range[0];
}

/** Where its last letter ends, without the comments that follow. */
function end(child) {
  const value = valueOf(child);
  if (isCollection(value) && !value.flow && value.items.length > 0) return end(value.items.at(-1));
  return Math.max(value?.range?.[1] ?? 0, child.key?.range[1] ?? 0);
}

function dash(list, index) {
  return list.srcToken.items[index].start.find(({ type }) => type === "seq-item-ind").offset;
}
