// What gzip packed.
import { ZStream, Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, zlibInflate, zlibInflateInit2, zlibInflateReset } from "pako";

/** What zlib calls a gzip file with whatever window. */
const GZIP = 31;

/** Bytes that are unpacked at once. */
const PIECE = 1 << 16;

/** Whether a file that begins so is packed by gzip. */
export function isPacked(head) {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** A gzip file of any number of members, as rotated logs are that were put together; what browsers
    have for it stops after the first. */
export class Packed {
  #stream = new ZStream();
  #output = new Uint8Array(PIECE);
  #isEnded = false;

  constructor() {
    zlibInflateInit2(this.#stream, GZIP);
  }

  /** What a piece holds, in pieces that are valid until the next is asked for. */
  *unpack(piece) {
    const stream = this.#stream;
    Object.assign(stream, { input: piece, next_in: 0, avail_in: piece.length });
    do {
      if (this.#isEnded) zlibInflateReset(stream);
      Object.assign(stream, { output: this.#output, next_out: 0, avail_out: PIECE });
      const status = zlibInflate(stream, Z_NO_FLUSH);
      this.#isEnded = status === Z_STREAM_END;
      if (stream.next_out > 0) yield this.#output.subarray(0, stream.next_out);
      if (![Z_OK, Z_STREAM_END, Z_BUF_ERROR].includes(status)) throw new Error(`not as gzip packs: ${stream.msg}`);
    } while (stream.avail_in > 0 || (stream.avail_out === 0 && !this.#isEnded));
  }

  end() {
    if (!this.#isEnded) throw new Error("cut short: what was packed goes on behind the end of the file");
  }
}
