// Who can write pods, as a table that tells of each ability by which rule.
import { element } from "./dom.js";
import { ABILITIES } from "./rbac.js";

/** Who can write pods: cluster-wide apart from namespaces, the seven abilities as columns. `told`
    has by its table the cell of which the rule is told, as long as it is there. */
export function rbac(rows, { search, told }, onSearch) {
  if (rows.length === 0) return [];
  const field = element("input", { type: "search", id: "search", value: search, placeholder: "subject, role, binding, namespace" });
  field.addEventListener("input", () => onSearch(field.value));
  const matches = rows.filter((row) =>
    [row.role, row.binding, row.namespace, ...row.subjects].join(" ").toLowerCase().includes(search.toLowerCase()));
  const known = matches.filter(({ missing }) => !missing);
  return [
    element("div", { class: "row" }, element("h2", {}, "Who can write pods"), element("label", { for: "search" }, "Search"), field),
    table("Everywhere", known.filter(({ namespace }) => namespace === null), told),
    table("In a namespace", known.filter(({ namespace }) => namespace !== null), told),
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

function table(caption, rows, told) {
  const open = rows
    .flatMap((row) => Object.keys(row.given).map((ability) => ({ row, ability })))
    .find(({ row, ability }) => key(row, ability) === told.get(caption));
  if (!open) told.delete(caption);
  if (rows.length === 0) return null;
  const heads = ["Subject", "By", ...ABILITIES];
  const tell = (cell) => (cell ? told.set(caption, cell) : told.delete(caption));
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    element("table", {},
      element("caption", {}, `${caption} (${rows.length})`),
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.flatMap((row) => line(row, open?.row === row ? open.ability : undefined, tell)))));
}

/** A cell, however the rows are searched or judged. */
function key({ binding, namespace, role }, ability) {
  return [binding, namespace, role, ability].join("\n");
}

/** The line of a row and, of an ability that is told, the one below. */
function line(row, told, tell) {
  const own = element("tr", {},
    element("th", { scope: "row" }, subjectsOf(row)),
    element("td", {}, `${row.namespace ? `${row.namespace}: ` : ""}${row.binding} → ${row.role}`),
    ...ABILITIES.map((ability) => element("td", {}, row.given[ability] ? cell(ability, row, ability === told, tell) : null)));
  return told ? [own, below(element("div", { role: "status" }, rule(row, told)))] : [own];
}

function subjectsOf({ subjects }) {
  return subjects.join(", ") || "nobody";
}

function below(told) {
  return element("tr", { class: "told" }, element("td", { colspan: ABILITIES.length + 2 }, told));
}

/** By which rule subjects have an ability. */
function rule(row, ability) {
  const by = row.given[ability].grants.map(({ path, resource, verbs, from }) =>
    `${path}${from ? ` of ${from}` : ""}: ${verbs.join(", ")} ${resource}`);
  return `${row.role} lets ${subjectsOf(row)} ${ability}: ${by.join("; ")}`;
}

/** A severity that tells the rule behind it, in a line of the table below its own. */
function cell(ability, row, isTold, tell) {
  const { severity } = row.given[ability];
  const button = element("button", {
    type: "button",
    class: severity,
    "aria-expanded": String(isTold),
    "aria-label": `${ability}: ${severity}, ${subjectsOf(row)} by ${row.role}`,
    onclick: () => {
      const own = button.closest("tr");
      const was = button.getAttribute("aria-expanded") === "true";
      for (const open of own.parentElement.querySelectorAll("[aria-expanded=true]")) open.setAttribute("aria-expanded", "false");
      own.parentElement.querySelector(".told")?.remove();
      tell(was ? undefined : key(row, ability));
      if (was) return;
      button.setAttribute("aria-expanded", "true");
      const told = element("div", { role: "status" });
      own.after(below(told));
      // what comes into a status that is there is read out
      told.textContent = rule(row, ability);
      told.scrollIntoView({ block: "nearest" });
    },
  }, severity);
  return button;
}
