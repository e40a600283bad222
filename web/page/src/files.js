// What is dropped or chosen, as one text or as one file to be read.

/** Files as `text` for the editor or, of what is too large for that or packed, as the one `file`;
    of what can be neither, why. */
export async function input(files, editable) {
  try {
    const heads = await Promise.all(files.map(async (file) => new Uint8Array(await bytes(file, 4))));
    if (heads.some((head) => [0x28, 0xb5, 0x2f, 0xfd].every((byte, index) => head[index] === byte))) {
      return { failed: "packed with zstd, which the page does not read: `bulkhead replay` does" };
    }
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const large = size > editable || heads.some((head) => head[0] === 0x1f && head[1] === 0x8b);
    if (large && files.length === 1) return { file: files[0] };
    if (large) return { failed: `${files.length} files of which one is packed, or that are more than a megabyte together: open them one by one` };
    const texts = await Promise.all(files.map(read));
    if (texts.length === 1) return { text: texts[0] };
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
