// What is dropped or chosen, as one text or as files to be read.
import { isPacked } from "./packed.js";

/** The first bytes of what Zstandard packs. */
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** An event in each line: several files of such are no text that an editor could be given. */
const LINES = /^\s*\{.*\}\s*\n\s*\{/;

/** Files as `text` for the editor or, of what is too large for that, packed, or several logs, as
    the `files` that they are; of what can be neither, why. */
export async function input(files, editable) {
  try {
    const heads = await Promise.all(files.map(async (file) => new Uint8Array(await bytes(file, 4))));
    const zstd = heads.findIndex((head) => ZSTD.every((byte, index) => head[index] === byte));
    if (zstd >= 0) {
      return { failed: `${files[zstd].name}: packed with zstd, which the page does not read: \`bulkhead replay\` does` };
    }
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > editable || heads.some(isPacked)) return { files };
    const texts = await Promise.all(files.map(read));
    if (texts.length === 1) return { text: texts[0] };
    if (texts.some((text) => LINES.test(text))) return { files };
    return { text: texts.map((text, index) => `# ${files[index].name}\n${text.replace(/\n*$/, "\n")}`).join("---\n") };
  } catch (error) {
    return { failed: error.message };
  }
}

async function read(file) {
  const read = await bytes(file, file.size);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(read);
  } catch {
    throw new Error(`${file.name}: a byte that is not UTF-8`);
  }
}

/** A folder is given as a file, too, and cannot be read. */
function bytes(file, count) {
  return file.slice(0, count).arrayBuffer().catch(() => {
    throw new Error(`${file.name}: a folder, or nothing that can be read: choose the files in it`);
  });
}
