// What was found, as people read it: grouped by object, or by the request of a log.
import { corrected } from "./corrected.js";
import { element, plural } from "./dom.js";
import { ABILITIES } from "./rbac.js";

export const SEVERITIES = ["critical", "high", "medium", "low"];

/** The items that the filters let through, each with the findings that they let through. */
export function filtered(items, { alert, severity, namespace, user }) {
  const worst = SEVERITIES.indexOf(severity);
  return items.flatMap((item) => {
    const request = item.request ?? {};
    if (namespace && (request.namespace ?? "") !== namespace) return [];
    if (user && (item.audit?.actor.user ?? request.user) !== user) return [];
    if (item.type !== "case") return alert || severity ? [] : [item];
    const findings = item.findings.filter((finding) =>
      (!alert || finding.alert === alert) &&
      (!severity || SEVERITIES.indexOf(finding.severity) <= worst));
    return findings.length ? [{ ...item, findings }] : [];
  });
}

/** `does` is what people can do with them: `goTo` a place, ask to `correct` an item, and `copy` or
    `apply` what that gives. */
export function cards(items, rules, does) {
  return items.slice(0, 200).map((item) => card(item, rules, does));
}

function card(item, rules, does) {
  const { goTo } = does;
  if (item.type !== "case") {
    const title = { broken: "Cannot be read", skipped: "Skipped", gap: "Cannot be judged" }[item.type];
    return element("article", {},
      element("div", {},
        element("h3", {}, title, item.request ? `: ${name(item.request)}` : ""),
        at(item, goTo)),
      element("p", { class: "meta" }, item.message, who(item)));
  }
  return element("article", { id: item.id },
    element("div", {},
      element("h3", {}, name(item.request)),
      at(item, goTo),
      element("span", { class: `verdict ${item.allowed ? "allowed" : "denied"}` }, item.allowed ? "allowed" : "denied")),
    item.audit || item.request.user ? element("p", { class: "meta" }, who(item)) : null,
    element("ol", {}, ...item.findings.map((finding) => one(finding, item, rules, goTo))),
    item.omitted ? element("p", { class: "meta" }, `and ${item.omitted} more`) : null,
    item.index === undefined ? null : corrected(name(item.request), () => does.correct(item), does),
    item.source ? element("details", {},
      element("summary", {}, "The request"),
      element("pre", { tabindex: 0 }, pretty(item.source))) : null);
}

function one(finding, item, rules, goTo) {
  const rule = rules.get(finding.rule);
  const place = finding.at ?? { line: item.line };
  const where = finding.container ? ` in ${finding.container}` : "";
  return element("li", { class: `finding ${finding.severity}` },
    element("button", { type: "button", onclick: () => goTo(place) },
      element("span", { class: "severity" }, finding.severity), ` ${finding.rule}${where}, `,
      finding.action === "deny" ? "denied" : finding.action === "warn" ? "warned" : "recorded",
      ` (line ${place.line})`),
    element("p", { class: "meta" }, element("code", {}, finding.path || "/"), finding.value ? " " : "",
      finding.value ? element("code", {}, finding.value) : null,
      finding.exempted ? `, exempted: ${finding.exempted.reason}` : ""),
    element("details", {},
      element("summary", {}, finding.message),
      rule ? element("p", {}, element("b", {}, "Why "), rule.why) : null,
      element("p", {}, element("b", {}, "Fix "), finding.fix),
      rule ? element("pre", { tabindex: 0, "aria-label": "An example without the finding" }, rule.good) : null));
}

function at(item, goTo) {
  return element("button", { type: "button", onclick: () => goTo({ line: item.line }) }, `line ${item.line}`);
}

function name({ kind, namespace, name: own, operation }) {
  const full = [namespace, own].filter(Boolean).join("/");
  return [operation === "CREATE" ? null : operation, kind ?? "Object", full].filter(Boolean).join(" ");
}

function who({ audit, request }) {
  if (!audit) return request?.user ? `by ${request.user}` : "";
  const { actor, outcome, time, refusedBy } = audit;
  const as = actor.impersonated ? ` as ${actor.impersonated.user}` : "";
  const from = actor.sourceIP ? ` from ${actor.sourceIP}` : "";
  return ` ${time} by ${actor.user}${as}${from}: ${outcome}${refusedBy ? ` by ${refusedBy}` : ""}`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The incidents of a log, by time and severity; each leads to its card. */
export function timeline(items, span, zoom) {
  const events = items
    .filter((item) => item.type === "case" && item.audit?.time)
    .map((item) => ({ item, time: Date.parse(item.audit.time), severity: item.findings[0].severity }))
    .filter(({ time }) => time);
  if (events.length === 0) return [];
  const first = events.reduce((least, { time }) => Math.min(least, time), Infinity);
  const last = events.reduce((most, { time }) => Math.max(most, time), -Infinity);
  const whole = Math.max(last - first, 1);
  const from = first + span.from * whole;
  const length = (span.to - span.from) * whole;
  const shown = events.filter(({ time }) => time >= from && time <= from + length);
  const dots = shown.slice(0, 500).map(({ item, time, severity }) => {
    const dot = element("button", {
      type: "button",
      class: severity,
      title: `${item.audit.time} ${severity} ${name(item.request)} by ${item.audit.actor.user}: ${item.audit.outcome}`,
      "aria-label": `${severity}, ${name(item.request)}, by ${item.audit.actor.user}, ${item.audit.time}, ${item.audit.outcome}`,
      onclick: () => {
        const card = document.getElementById(item.id);
        card?.scrollIntoView({ block: "center" });
        card?.querySelector("button")?.focus();
      },
    });
    dot.style.left = `${2 + (96 * (time - from)) / length}%`;
    return dot;
  });
  const half = (span.to - span.from) / 4;
  const step = (by) => () => zoom(Math.max(0, span.from + by), Math.min(1, span.to + by));
  const button = (text, label, onclick) => element("button", { type: "button", "aria-label": label, onclick }, text);
  const clock = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");
  return [
    element("div", { class: "row" },
      element("h2", {}, "Timeline"),
      element("span", { class: "meta" }, `${clock(from)} to ${clock(from + length)} UTC, ${plural(shown.length, "incident")}`),
      button("◀", "Earlier", step(-half)),
      button("+", "Zoom in", () => zoom(span.from + half, span.to - half)),
      button("−", "Zoom out", () => zoom(Math.max(0, span.from - 2 * half), Math.min(1, span.to + 2 * half))),
      button("▶", "Later", step(half))),
    element("div", { class: "strip", role: "group", "aria-label": "Incidents by time, the worst on top" }, ...dots),
  ];
}

/** Who can write pods: cluster-wide apart from namespaces, the seven abilities as columns. */
export function rbac(rows, search, onSearch) {
  if (rows.length === 0) return [];
  const field = element("input", { type: "search", id: "search", value: search, placeholder: "subject, role, binding, namespace" });
  field.addEventListener("input", () => onSearch(field.value));
  const matches = rows.filter((row) =>
    [row.role, row.binding, row.namespace, ...row.subjects].join(" ").toLowerCase().includes(search.toLowerCase()));
  const told = element("div", { role: "status", class: "meta" });
  return [
    element("div", { class: "row" }, element("h2", {}, "Who can write pods"), element("label", { for: "search" }, "Search"), field),
    table("Everywhere", matches.filter(({ namespace }) => namespace === null), told),
    table("In a namespace", matches.filter(({ namespace }) => namespace !== null), told),
    told,
  ];
}

function table(caption, rows, told) {
  if (rows.length === 0) return null;
  const heads = ["Subject", "By", ...ABILITIES];
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    element("table", {},
      element("caption", {}, `${caption} (${rows.length})`),
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {},
        element("th", { scope: "row" }, row.subjects.join(", ") || "nobody"),
        element("td", {}, `${row.namespace ? `${row.namespace}: ` : ""}${row.binding} → ${row.role}`),
        ...ABILITIES.map((ability) => element("td", {}, row.given[ability]
          ? element("button", {
            type: "button",
            class: row.given[ability].severity,
            onclick: () => {
              const grants = row.given[ability].grants.map(({ path, resource, verbs }) => `${path}: ${verbs.join(", ")} ${resource}`);
              told.textContent = `${row.role} lets ${row.subjects.join(", ") || "nobody"} ${ability}: ${grants.join("; ")}`;
            },
          }, row.given[ability].severity)
          : null)))))));
}
