// JSON pointers, as RFC 6901 has them.

/** The keys that a pointer goes by. */
export function keysOf(pointer) {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer that goes by these keys. */
export function pointerBy(keys) {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
