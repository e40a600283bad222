// What was found, as people read it: grouped by object, or by the incident of a log.
import { corrected } from "./corrected.js";
import { element, plural, prose } from "./dom.js";
import { by, outcome, total, verdict } from "./incidents.js";
import { byWorst, rank } from "./severities.js";

/** Cards that are shown, of what was found and of each kind of what could not be judged. */
const CARDS = 200;

/** The items that the filters let through, each with the findings that they let through. */
export function filtered(items, { alert, severity, namespace, user }) {
  const found = items.flatMap((item) => {
    const request = item.request ?? {};
    if (namespace && (request.namespace ?? "") !== namespace) return [];
    if (item.type !== "case") {
      const isTheirs = !user || (item.audit?.actor.user ?? request.user) === user;
      return alert || severity || !isTheirs ? [] : [item];
    }
    const own = !user ? item : item.people ? by(user, item) : request.user === user ? item : undefined;
    const findings = own?.findings.filter((finding) =>
      (!alert || finding.alert === alert) &&
      (!severity || rank(finding.severity) <= rank(severity)));
    return findings?.length ? [{ ...own, findings }] : [];
  });
  const of = (type) => found.filter((item) => item.type === type);
  return [...of("broken"), ...of("case").sort(byWorst), ...of("gap"), ...of("skipped")];
}

/** As many of the items as are shown, with the incidents that are `asked` for, by their ids; those
    are `beside` the others where they are beyond them. */
export function told(items, asked) {
  const counts = {};
  const beside = new Set();
  const shown = items.filter((item) => {
    counts[item.type] = (counts[item.type] ?? 0) + 1;
    if (counts[item.type] <= CARDS) return true;
    if (!asked.has(item.incident?.id)) return false;
    beside.add(item);
    return true;
  });
  return { shown, beside };
}

/** `does` is what people can do with them: `goTo` a place of an item, ask to `correct` it, and `copy`
    or `apply` what that gives. `shown` says whether the input can be gone to, and `beside` which of
    them are shown only because somebody asked for them. */
export function cards(items, rules, does) {
  return items.map((item) => card(item, rules, does));
}

/** The card of an item that is shown. */
export function cardOf(item) {
  return document.getElementById(idOf(item));
}

function idOf({ id, incident }) {
  return incident ? `incident-${incident.id}` : id;
}

function card(item, rules, does) {
  if (item.type !== "case") {
    const title = { broken: "Cannot be read", skipped: "Skipped", gap: "Cannot be judged" }[item.type];
    return element("article", {},
      element("div", {},
        element("h3", {}, title, item.request ? `: ${name(item.request)}` : ""),
        place(item, does)),
      element("p", { class: "meta" }, item.message, who(item)));
  }
  const { text, tone } = verdict(item);
  return element("article", { id: idOf(item) },
    element("div", {},
      element("h3", {}, title(item)),
      place(item.events?.[0] ?? item, does),
      element("span", { class: `verdict ${tone}` }, text)),
    item.incident ? element("p", { class: "meta" }, `incident ${item.incident.id}`,
      does.beside.has(item) ? `, shown beside the worst ${CARDS} as the timeline led to it` : "") : null,
    !item.audit && item.request.user ? element("p", { class: "meta" }, who(item)) : null,
    element("ol", {}, ...item.findings.map((finding) => one(finding, item, rules, does))),
    item.omitted ? element("p", { class: "meta" }, `and ${item.omitted} more`) : null,
    item.index === undefined ? null : corrected(name(item.request), () => does.correct(item), does),
    item.events ? events(item, does) : source(item, does));
}

/** What the policy does about a finding, and would have done about what is in a log. */
const DOES = { deny: "denied", warn: "warned", audit: "recorded" };
const WOULD = { deny: "the policy would deny it", warn: "the policy would warn", audit: "recorded only" };

function one(finding, item, rules, does) {
  const rule = rules.get(finding.rule);
  const where = finding.container ? ` in ${finding.container}` : "";
  const from = finding.event ?? item;
  const at = finding.at ? { ...finding.at, path: finding.path } : { line: from.line };
  const isTold = from === item || item.events.includes(from);
  return element("li", { class: `finding ${finding.severity}` },
    leads(isTold ? from : {}, does, at,
      element("span", { class: "severity" }, finding.severity), ` ${finding.rule}${where}, `,
      (item.audit ? WOULD : DOES)[finding.action],
      ` (${spot({ ...from, ...at })})`),
    element("p", { class: "meta" }, element("code", {}, finding.path || "/"), finding.value ? " " : "",
      finding.value ? element("code", {}, finding.value) : null,
      finding.exempted ? `, exempted: ${finding.exempted.reason}` : ""),
    element("details", {},
      element("summary", {}, ...prose(finding.message)),
      rule ? element("p", {}, element("b", {}, "Why "), ...prose(rule.why)) : null,
      element("p", {}, element("b", {}, "Fix "), ...prose(finding.fix)),
      rule ? element("pre", { tabindex: 0, "aria-label": "An example without the finding" }, rule.good) : null));
}

/** What was done in an incident, each with the request behind it. */
function events(incident, does) {
  const { events: items } = incident;
  const count = total(incident).events;
  if (items.length === 1 && count === 1) {
    const [item] = items;
    return element("div", { id: item.id, class: "event" }, element("p", { class: "meta" }, who(item)), source(item, does));
  }
  const left = count - items.length;
  return element("section", { class: "events", "aria-label": "What was done" },
    element("h4", {}, plural(count, "event")),
    element("ol", {}, ...items.map((item) => element("li", { id: item.id },
      element("div", {}, element("span", {}, name(item.request)), place(item, does)),
      element("p", { class: "meta" }, who(item)),
      source(item, does)))),
    left > 0 ? element("p", { class: "meta" }, `and ${left.toLocaleString("en")} more, which are not kept`) : null);
}

function source(item, does) {
  if (!item.source) return does.shown ? null : element("p", { class: "meta" }, "its request is not kept");
  return element("details", { class: "request" },
    element("summary", {}, "The request"),
    element("pre", { tabindex: 0, "aria-label": `The request of ${spot(item)}` }, pretty(item.source)));
}

function place(item, does) {
  return leads(item, does, { line: item.line }, spot(item));
}

/** In which file, if there are several, and in which line, if it is in one. */
function spot({ file, line }) {
  return [file, line && `line ${line}`].filter(Boolean).join(", ");
}

/** Leads to a place in the input, or where that is not shown, to the request. */
function leads(item, does, to, ...content) {
  return does.shown || item.source
    ? element("button", { type: "button", onclick: () => does.goTo(to, item) }, ...content)
    : element("span", {}, ...content);
}

export function title({ incident, request }) {
  return name(incident ? incident.workload : request);
}

function name({ kind, namespace, name: own, operation }) {
  const full = [namespace, own].filter(Boolean).join("/");
  return [operation === "CREATE" ? null : operation, kind ?? "Object", full].filter(Boolean).join(" ");
}

function who({ audit, request }) {
  if (!audit) return request?.user ? `by ${request.user}` : "";
  const { actor, time, message } = audit;
  const as = actor.impersonated ? ` as ${actor.impersonated.user}` : "";
  const from = actor.sourceIP ? ` from ${actor.sourceIP}` : "";
  return ` ${time} by ${actor.user}${as}${from}: ${outcome(audit)}${message ? `: ${message}` : ""}`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
