// A file in pieces, unpacked if it is packed.
import { Packed, isPacked } from "./packed.js";

/** Small enough that somebody who waits for something else does not notice one. */
const PIECE = 1 << 16;

/** Each piece, which is valid until the next is asked for, and how many bytes of the file are read
    with it. Throws what is wrong with the file, after all that could be read of it. */
export async function* pieces(file) {
  const packed = isPacked(new Uint8Array(await file.slice(0, 2).arrayBuffer())) ? new Packed() : undefined;
  const reader = file.stream().getReader();
  let done = 0;
  try {
    for (let next; !(next = await reader.read()).done; ) {
      for (let at = 0; at < next.value.length; at += PIECE) {
        const piece = next.value.subarray(at, at + PIECE);
        done += piece.length;
        for (const plain of packed?.unpack(piece) ?? [piece]) yield { piece: plain, done };
      }
    }
    packed?.end();
  } finally {
    await reader.cancel();
  }
}

/** Files in the order in which their first events happened, as the parts of a log that was rotated
    are to be read; in the order in which they stand if one of them has no event. */
export async function inOrder(files) {
  const timed = await Promise.all(files.map(async (file) => ({ file, time: await begun(file) })));
  if (files.length < 2 || timed.some(({ time }) => !time)) return files;
  return timed.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0)).map(({ file }) => file);
}

/** When the first event of a file came in, by its beginning. */
async function begun(file) {
  try {
    for await (const { piece } of pieces(file)) {
      return /"requestReceivedTimestamp":\s*"([^"]+)"/.exec(new TextDecoder().decode(piece))?.[1];
    }
  } catch {
    // what is wrong with it is told when it is read
  }
  return undefined;
}
