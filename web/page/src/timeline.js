// When the incidents of a log began.
import { element, plural } from "./dom.js";
import { total } from "./incidents.js";
import { title } from "./show.js";

/** Incidents that are drawn at once. */
const DOTS = 500;

/** A dot for each incident, by its first event and its severity; each leads to its card. */
export function timeline(items, span, zoom) {
  const events = items
    .filter(({ events }) => events)
    .map((item) => ({ item, time: Date.parse(item.audit.time), severity: item.findings[0].severity }))
    .filter(({ time }) => time);
  if (events.length === 0) return [];
  const first = events.reduce((least, { time }) => Math.min(least, time), Infinity);
  const last = events.reduce((most, { time }) => Math.max(most, time), -Infinity);
  const whole = Math.max(last - first, 1);
  const from = first + span.from * whole;
  const length = (span.to - span.from) * whole;
  const shown = events.filter(({ time }) => time >= from && time <= from + length);
  const dots = shown.slice(0, DOTS).map(({ item, time, severity }) => {
    const { events } = total(item);
    const count = events > 1 ? `, ${plural(events, "event")}` : "";
    const what = `${title(item)} by ${item.audit.actor.user}: ${item.audit.outcome}${count}`;
    const dot = element("button", {
      type: "button",
      class: severity,
      title: `${item.audit.time} ${severity} ${what}`,
      "aria-label": `${severity}, ${what}, ${item.audit.time}`,
      onclick: () => {
        const card = document.getElementById(`incident-${item.incident.id}`);
        card?.scrollIntoView({ block: "center" });
        card?.querySelector("button, summary")?.focus();
      },
    });
    dot.style.left = `${2 + (96 * (time - from)) / length}%`;
    return dot;
  });
  const half = (span.to - span.from) / 4;
  const step = (by) => () => {
    const shift = Math.min(Math.max(by, -span.from), 1 - span.to);
    zoom(span.from + shift, span.to + shift);
  };
  const drawn = shown.length > DOTS ? `, of which the worst ${DOTS} are drawn` : "";
  const button = (text, label, onclick) => element("button", { type: "button", "aria-label": label, onclick }, text);
  const clock = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");
  return [
    element("div", { class: "row" },
      element("h2", {}, "Timeline"),
      element("span", { class: "meta" }, `${clock(from)} to ${clock(from + length)} UTC, ${plural(shown.length, "incident")}${drawn}`),
      element("span", { class: "steps" },
        button("◀", "Earlier", step(-half)),
        button("+", "Zoom in", () => zoom(span.from + half, span.to - half)),
        button("−", "Zoom out", () => zoom(Math.max(0, span.from - 2 * half), Math.min(1, span.to + 2 * half))),
        button("▶", "Later", step(half)))),
    element("div", { class: "strip", role: "group", "aria-label": "Incidents by time, the worst on top" }, ...dots),
  ];
}
