// Into the clipboard, or where the browser does not let the page, before the eyes to be taken.
import { $ } from "./dom.js";

/** Tells whether it is in the clipboard. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    $("taken").value = text;
    $("take").showModal();
    $("taken").select();
    return false;
  }
}
