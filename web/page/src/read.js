// An input in pieces: a text, or a file as it is or unpacked.

/** Small enough that somebody who waits for something else does not notice one. */
const PIECE = 1 << 16;

/** Each piece, and how much of the input is read with it, from 0 to 1. */
export async function* pieces(input) {
  const file = typeof input === "string" ? new Blob([input]) : input;
  let done = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream({
      transform(piece, control) {
        done += piece.length;
        control.enqueue(piece);
      },
    }),
  );
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = head[0] === 0x1f && head[1] === 0x8b;
  const plain = (isPacked ? counted.pipeThrough(new DecompressionStream("gzip")) : counted).getReader();
  try {
    for (let next; !(next = await plain.read()).done; ) {
      for (let at = 0; at < next.value.length; at += PIECE) {
        yield { piece: next.value.subarray(at, at + PIECE), done: done / file.size };
      }
    }
  } finally {
    await plain.cancel();
  }
}
