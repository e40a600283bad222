// The corrected version of an object: what it changes, line by line, and what it cannot.
import { structuredPatch } from "diff";
import { element, plural, prose } from "./dom.js";

/** Asks for it once it is opened. `line` is where the part that it changes starts. */
export function corrected(name, ask, { copy, apply }) {
  const told = element("p", { role: "status" });
  const place = element("div", {});
  const details = element("details", { class: "corrected" }, element("summary", {}, "Corrected"), told, place);
  details.addEventListener("toggle", async () => {
    told.textContent = "working it out";
    const { correction, line } = await ask();
    const { was, becomes, remarks, remaining, failed } = correction;
    if (failed) {
      told.textContent = `It cannot be corrected here: ${failed}`;
      return;
    }
    const changed = was !== becomes;
    told.textContent = outcome(changed, remaining.length);
    place.replaceChildren(
      ...(remaining.length ? [element("ul", {}, ...remaining.map(({ rule, path, fix }) =>
        element("li", {}, element("b", {}, rule), " ", element("code", {}, path || "/"), ": ", ...prose(fix))))] : []),
      ...remarks.map((remark) => element("p", {}, ...prose(remark))),
      ...(changed ? [diff(was, becomes, line, name), element("div", { class: "row" },
        element("button", { type: "button", "aria-label": `Copy the corrected ${name}`, onclick: () => copy(correction) }, "Copy"),
        element("button", { type: "button", "aria-label": `Apply to the input: the corrected ${name}`, onclick: () => apply(correction) }, "Apply"))] : []));
  }, { once: true });
  return details;
}

function outcome(changed, remaining) {
  if (remaining === 0) return "Nothing is found in it any more.";
  const need = remaining === 1 ? "needs a decision" : "need a decision";
  return changed
    ? `${plural(remaining, "finding")} ${remaining === 1 ? "remains" : "remain"}, and ${need}:`
    : `Nothing can be taken away: ${plural(remaining, "finding")} ${need}.`;
}

function diff(was, becomes, line, name) {
  const { hunks } = structuredPatch("", "", was, becomes, "", "", { context: 2 });
  return element("pre", { class: "diff", tabindex: 0, role: "region", "aria-label": `What changes in ${name}` },
    ...hunks.flatMap(({ oldStart, lines }) => [
      element("span", { class: "meta" }, `line ${line + oldStart - 1}`),
      ...lines.filter((text) => !text.startsWith("\\")).map((text) =>
        element({ "-": "del", "+": "ins" }[text[0]] ?? "span", {}, text)),
    ]));
}
