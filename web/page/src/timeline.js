// When the incidents of a log began.
import { element, plural } from "./dom.js";
import { total, verdict } from "./incidents.js";
import { SEVERITIES, byWorst } from "./severities.js";
import { title } from "./show.js";
import { DOT, EDGE, ROWS, countWidth, stacks } from "./stacks.js";

/** Milliseconds that the strip shows at least; times are no finer. */
const LEAST = 1;
/** Pixels below the lowest dots. */
const GROUND = 6;

/** A dot for each incident, by its first event and its severity; it will `lead` to its card. `span`
    is what is shown, from a millisecond to another, or nothing for all, which is what `zoom` is
    asked for; `width` is the strip's, in pixels. */
export function timeline(items, span, width, { zoom, lead }) {
  const all = items
    .filter(({ events }) => events)
    .map((item) => ({ item, time: Date.parse(item.audit.time), findings: item.findings }))
    .filter(({ time }) => time);
  if (all.length === 0) return [];
  const first = all.reduce((least, { time }) => Math.min(least, time), Infinity);
  const last = all.reduce((most, { time }) => Math.max(most, time), first + LEAST);
  const { from, to } = span ?? { from: first, to: last };
  const length = to - from;
  // what is shown may reach beyond what the filters leave
  const [begin, end] = [Math.min(first, from), Math.max(last, to)];
  const shown = all.filter(({ time }) => time >= from && time <= to);
  const points = shown.map((point) => ({ ...point, x: EDGE + ((width - 2 * EDGE) * (point.time - from)) / length }));
  // within seconds, seconds tell nothing
  const clock = (time) => new Date(time).toISOString().slice(0, length < 10_000 ? 23 : 19).replace("T", " ");

  const show = (...ends) => {
    const [from, to] = [Math.floor(ends[0]), Math.ceil(ends[1])];
    zoom(from <= first && to >= last ? undefined : { from, to });
  };
  const move = (by) => () => {
    const shift = Math.min(Math.max(Math.round(by), begin - from), end - to);
    show(from + shift, to + shift);
  };
  const stack = ({ x, points }) => {
    const sorted = points.sort((one, other) => byWorst(one, other) || one.time - other.time);
    const beyond = sorted.slice(ROWS);
    const drawn = sorted.slice(0, ROWS).map((point, row) => at(dot(point, lead), x, row));
    return beyond.length > 0 ? [...drawn, at(count(beyond, sorted, { clock, show, lead }), x, ROWS)] : drawn;
  };

  const found = stacks(points);
  const rows = found.reduce((most, { points }) => Math.max(most, Math.min(points.length, ROWS + 1)), 3);
  const strip = element("div", { class: "strip", role: "group", "aria-label": "Incidents by time, the worst at the bottom" },
    ...found.flatMap(stack));
  strip.style.height = `${rows * DOT + 2 * GROUND}px`;
  const button = (text, label, onclick) => element("button", { type: "button", "aria-label": label, onclick }, text);
  return [
    element("div", { class: "row" },
      element("h2", {}, "Timeline"),
      element("span", { class: "meta" }, `${clock(from)} to ${clock(to)} UTC, ${plural(shown.length, "incident")}`),
      element("span", { class: "steps" },
        button("◀", "Earlier", move(-length / 4)),
        button("+", "Zoom in", () => show(from + length / 4, to - length / 4)),
        button("−", "Zoom out", () => show(Math.max(begin, from - length / 2), Math.min(end, to + length / 2))),
        button("▶", "Later", move(length / 4))),
      legend(shown)),
    strip,
  ];
}

/** What the colours mean, with how many there are of each. */
function legend(points) {
  const counts = SEVERITIES.map((severity) => [severity, points.filter(({ findings: [worst] }) => worst.severity === severity).length]);
  return element("span", { class: "legend meta" }, ...counts.filter(([, count]) => count > 0).map(([severity, count]) =>
    element("span", {}, element("i", { class: `dot ${severity}` }), `${count.toLocaleString("en")} ${severity}`)));
}

function dot({ item, findings: [{ severity }] }, lead) {
  const { events } = total(item);
  const more = events > 1 ? `, ${plural(events, "event")}` : "";
  const what = `${title(item)} by ${item.audit.actor.user}: ${verdict(item).text}${more}`;
  return element("button", {
    type: "button",
    id: `dot-${item.incident.id}`,
    class: `dot ${severity}`,
    title: `${item.audit.time} ${severity} ${what}`,
    "aria-label": `${severity}, ${what}, ${item.audit.time}`,
    onclick: () => lead(item),
  });
}

/** How many are beyond the highest dot of a stack: a way to where they stand apart or, if they never
    do, to the worst of them. */
function count(beyond, stack, { clock, show, lead }) {
  const ends = (points) => {
    const times = points.map(({ time }) => time).sort((one, other) => one - other);
    return [times[0], times.at(-1)];
  };
  const [from, to] = ends(stack);
  const [since, until] = ends(beyond).map(clock);
  const [{ item, findings: [{ severity }] }] = beyond;
  const when = since === until ? `at ${since}` : `from ${since} to ${until}`;
  const label = `${plural(beyond.length, "more incident")} ${when}, the worst ${severity}`;
  const button = element("button", {
    type: "button",
    class: "count",
    title: label,
    "aria-label": label,
    onclick: () => (from === to ? lead(item) : show(from, to)),
  }, `+${beyond.length}`);
  button.style.width = `${countWidth(beyond.length) - 2}px`;
  return button;
}

/** Puts a button into its place, the lowest row being the first. */
function at(button, x, row) {
  button.style.left = `${x - DOT / 2}px`;
  button.style.bottom = `${GROUND + row * DOT}px`;
  return button;
}
