// A YAML or JSON text without some of its parts: every other letter of it stays, comments, quotes
// and indentation too. It knows the text's structure, and nothing of what the text says.
import { isAlias, isCollection, isMap, parseDocument, stringify } from "yaml";

export class Edit {
  #text;
  #document;
  #object;
  #removed = new Set();
  #replaced = new Map();
  #added = new Map();

  /** Of the object that starts at an offset; nothing if none does. */
  static of(text, offset) {
    const document = parseDocument(text, { keepSourceTokens: true, logLevel: "silent", uniqueKeys: false });
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

  /** Takes away what a pointer names. What that leaves empty goes as well where `goes` of its
      pointer says so, or is written as empty. Tells whether there is such a part. */
  remove(pointer, goes) {
    const found = this.#find(pointer);
    if (!found) return false;
    const { parent, child } = found;
    this.#removed.add(child);
    if (parent.items.some((other) => !this.#removed.has(other))) return true;
    const above = pointer.slice(0, pointer.lastIndexOf("/"));
    const whole = goes(above);
    if (whole !== undefined) return this.remove(whole, goes);
    const holder = above && this.#find(above);
    if (holder) this.#replaced.set(holder.child, { value: isMap(parent) ? "{}" : "[]" });
    return true;
  }

  /** Puts another text in the place of a value. */
  set(pointer, value) {
    const found = this.#find(pointer);
    if (found) this.#replaced.set(found.child, { value });
    return Boolean(found);
  }

  /** Puts another key, and a text as its value, in the place of a key and its value. */
  replace(pointer, key, value) {
    const found = this.#find(pointer);
    if (!found || !isMap(found.parent)) return false;
    this.#replaced.set(found.child, { key, value });
    return true;
  }

  /** Puts an item, given as data, behind the one of a list that a pointer names. */
  add(pointer, data) {
    const found = this.#find(pointer);
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
    // from the end, and nothing is put where something is still to be taken away
    cuts.sort((one, other) => other.from - one.from || other.to - one.to);
    return cuts.reduce((text, { from, to, by = "" }) => text.slice(0, from) + by + text.slice(to), this.#text);
  }

  #find(pointer) {
    let parent, child;
    let node = this.#object;
    for (const part of pointer.split("/").slice(1)) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      parent = this.#resolved(node);
      if (!isCollection(parent)) return undefined;
      child = isMap(parent) ? parent.items.find((pair) => String(pair.key?.value) === key) : parent.items[Number(key)];
      if (!child) return undefined;
      node = valueOf(child);
    }
    return parent && { parent, child };
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
