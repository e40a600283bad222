// Who can write pods, as a table that tells of each ability by which rule.
import { element } from "./dom.js";
import { ABILITIES } from "./rbac.js";

/** Who can write pods: cluster-wide apart from namespaces, the seven abilities as columns. */
export function rbac(rows, search, onSearch) {
  if (rows.length === 0) return [];
  const field = element("input", { type: "search", id: "search", value: search, placeholder: "subject, role, binding, namespace" });
  field.addEventListener("input", () => onSearch(field.value));
  const matches = rows.filter((row) =>
    [row.role, row.binding, row.namespace, ...row.subjects].join(" ").toLowerCase().includes(search.toLowerCase()));
  const known = matches.filter(({ missing }) => !missing);
  return [
    element("div", { class: "row" }, element("h2", {}, "Who can write pods"), element("label", { for: "search" }, "Search"), field),
    table("Everywhere", known.filter(({ namespace }) => namespace === null)),
    table("In a namespace", known.filter(({ namespace }) => namespace !== null)),
    bound(matches.filter(({ missing }) => missing)),
  ];
}

/** Bindings of which nobody can say what they give. */
function bound(rows) {
  if (rows.length === 0) return null;
  return element("details", {},
    element("summary", {}, `Bound, but not in the input (${rows.length})`),
    element("ul", {}, ...rows.map(({ role, binding, subjects, namespace }) =>
      element("li", {}, `${namespace ? `${namespace}: ` : ""}${binding} → ${role}, to ${subjects.join(", ") || "nobody"}`))));
}

function table(caption, rows) {
  if (rows.length === 0) return null;
  const heads = ["Subject", "By", ...ABILITIES];
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    element("table", {},
      element("caption", {}, `${caption} (${rows.length})`),
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map(line))));
}

function line(row) {
  const subjects = row.subjects.join(", ") || "nobody";
  return element("tr", {},
    element("th", { scope: "row" }, subjects),
    element("td", {}, `${row.namespace ? `${row.namespace}: ` : ""}${row.binding} → ${row.role}`),
    ...ABILITIES.map((ability) => element("td", {}, row.given[ability] ? cell(ability, row.given[ability], subjects, row) : null)));
}

/** A severity that tells the rule behind it, in a line of the table below its own. */
function cell(ability, { severity, grants }, subjects, { role }) {
  const button = element("button", {
    type: "button",
    class: severity,
    "aria-expanded": "false",
    "aria-label": `${ability}: ${severity}, ${subjects} by ${role}`,
    onclick: () => {
      const own = button.closest("tr");
      const was = button.getAttribute("aria-expanded") === "true";
      for (const open of own.parentElement.querySelectorAll("[aria-expanded=true]")) open.setAttribute("aria-expanded", "false");
      own.parentElement.querySelector(".told")?.remove();
      if (was) return;
      button.setAttribute("aria-expanded", "true");
      const by = grants.map(({ path, resource, verbs, from }) => `${path}${from ? ` of ${from}` : ""}: ${verbs.join(", ")} ${resource}`);
      const told = element("div", { role: "status" });
      own.after(element("tr", { class: "told" }, element("td", { colspan: ABILITIES.length + 2 }, told)));
      // what comes into a status that is there is read out
      told.textContent = `${role} lets ${subjects} ${ability}: ${by.join("; ")}`;
      told.scrollIntoView({ block: "nearest" });
    },
  }, severity);
  return button;
}
