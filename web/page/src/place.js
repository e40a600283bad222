// How far the part of a text goes that a pointer names, by the text's structure and by where the
// part begins.

import { keysOf } from "./pointer.js";

/** The part that starts at an offset and that `path` names, in a tree of YAML. Where another part
    starts there, as of what is missing only the place is known, no more than its first word. */
export function extent(tree, text, offset, path) {
  const name = keysOf(path).at(-1) ?? "";
  let least;
  for (let node = tree.resolveInner(offset, 1); node; node = node.parent) {
    if (!startsAt(node, text, offset)) break;
    least ??= node;
    if (node.name === "Item" ? /^\d+$/.test(name) : node.name === "Pair" && keyOf(node, text) === name) {
      return { from: offset, to: node.to };
    }
  }
  return { from: offset, to: WORDS.has(least?.name) ? least.to : offset + 1 };
}

const WORDS = new Set(["Literal", "QuotedLiteral", "Key", "Alias"]);

/** Items of a block reach back to their dash. */
function startsAt(node, text, offset) {
  return node.from <= offset && text.slice(node.from, offset).trim() === "";
}

function keyOf(pair, text) {
  const key = pair.getChild("Key");
  if (!key) return undefined;
  const written = text.slice(key.from, key.to);
  try {
    return written.startsWith("\"") ? JSON.parse(written) : written.replace(/^'(.*)'$/s, "$1").replaceAll("''", "'");
  } catch {
    return written;
  }
}
