// What was found in an input, in a sentence, and what of it is not shown.
import { element, plural } from "./dom.js";

/** `items` are those that the filters let through; `isAll` says that they let everything through. */
export function summary(report, items, isAll) {
  const incidents = isAll ? report.incidents : items.filter(({ incident }) => incident).length;
  const count = isAll ? report.findings : items.reduce((sum, { findings = [] }) => sum + findings.length, 0);
  return [
    `${incidents ? `${plural(incidents, "incident")} with ` : ""}${plural(count, "finding")} in ${plural(report.judged, "object or request", "objects and requests")}`,
    report.denied ? denied(report) : null,
    report.passed ? `${plural(report.passed, "other event")} passed` : null,
    report.broken ? plural(report.broken, "place that cannot be read", "places that cannot be read") : null,
    report.byDefaults ? "judged with the default settings, as there are mistakes in yours" : null,
  ].filter(Boolean).join(", ");
}

/** Of what is in a log, the policy was not asked. */
function denied({ past, denied }) {
  const count = denied.toLocaleString("en");
  return past ? `${count} that the policy would deny` : `${count} denied`;
}

/** By type, after `and 7 more`. */
const MORE = { case: "", broken: " that cannot be read", gap: " that cannot be judged", skipped: " that are no Kubernetes objects" };

/** By what it is, after how many. */
const UNKEPT = {
  incidents: "of the mildest incidents",
  objects: "of the mildest objects or requests",
  broken: "places that cannot be read",
  gap: "requests that cannot be judged",
  skipped: "things that are no Kubernetes objects",
};

/** What of the items is not among those that are told, and what never reached the page. */
export function notes({ unkept, forgotten }, items, told) {
  const number = (count) => count.toLocaleString("en");
  const isTold = new Set(told);
  const left = items.filter((item) => !isTold.has(item));
  const of = (type) => left.filter((item) => item.type === type).length;
  return [
    ...Object.entries(MORE).map(([type, what]) => of(type) && `and ${number(of(type))} more${what}: filter to see them`),
    ...Object.entries(UNKEPT).map(([kind, what]) => unkept[kind] &&
      `and ${number(unkept[kind])} ${what}, which are counted and not kept: bulkhead replay tells them`),
    forgotten && `${number(forgotten)} objects of the log had to be forgotten: what was new in them is not known`,
  ].filter(Boolean).map((text) => element("p", { class: "meta" }, text));
}
