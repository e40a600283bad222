// An input and its settings as the fragment of an address, which browsers send to nobody.

/** What a link may unpack to, in bytes: a short one can hold more than a browser can. */
const MOST = 64 << 20;

export async function fragment(state) {
  const text = new Blob([JSON.stringify(state)]).stream();
  const packed = await new Response(text.pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
  const letters = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  return "#" + btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a fragment holds; nothing if it is none of ours. */
export async function stateOf(fragment) {
  try {
    const letters = atob(fragment.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    const packed = new Blob([Uint8Array.from(letters, (letter) => letter.charCodeAt(0))]).stream();
    const plain = packed.pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(limited());
    const { input, settings } = JSON.parse(await new Response(plain).text());
    return typeof input === "string" && typeof settings === "string" ? { input, settings } : undefined;
  } catch {
    return undefined;
  }
}

function limited() {
  let size = 0;
  return new TransformStream({
    transform(piece, control) {
      size += piece.length;
      if (size > MOST) control.error(new Error("too large"));
      else control.enqueue(piece);
    },
  });
}
