// Which requests of a log are told as one: those of one incident, in whatever order they came.
import { rank } from "./severities.js";

/** Events of one incident that are kept, with what each of its people did first and what weighs
    more than what they did before; those beyond are counted. */
export const EVENTS = 20;

/** An incident by the first event that is known of it. `people` are counted with all that they did,
    and as soon as there are several, `own` is what each one's events gave. */
export function begun({ findings, omitted, incident, ...event }, people = new Map()) {
  const group = { ...event, source: undefined, incident, omitted, events: [event], people };
  group.findings = findings.map((finding) => ({ ...finding, event }));
  counted(people, event);
  return group;
}

/** Takes in another event; answers whether it is kept. */
export function joined(group, { findings, omitted, incident, ...event }) {
  const isFirst = counted(group.people, event);
  const isWorse = credited(group, findings, event);
  const { all, worse } = merged(group.findings, findings, event);
  group.findings = all;
  group.omitted = Math.max(group.omitted, omitted);
  const isKept = group.events.length < EVENTS || isFirst || isWorse || worse;
  if (isKept) group.events.push(event);
  return isKept;
}

/** Answers whether it is the first of its person. */
function counted(people, { audit }) {
  const { user } = audit.actor;
  const { events, outcomes } = people.get(user) ?? { events: 0, outcomes: {} };
  const how = outcome(audit);
  people.set(user, { events: events + 1, outcomes: { ...outcomes, [how]: (outcomes[how] ?? 0) + 1 } });
  return events === 0;
}

/** Tells what an event gave apart for its person, unless all is theirs; answers whether that is worse
    than what they are known for. */
function credited(group, findings, event) {
  const { user } = event.audit.actor;
  const { user: first } = group.audit.actor;
  if (!group.own && user === first) return false;
  group.own ??= new Map([[first, group.findings]]);
  const { all, worse } = merged(group.own.get(user) ?? [], findings, event);
  group.own.set(user, all);
  return worse;
}

/** The same finding in another object of the workload stands at another place, and may weigh more. */
function merged(findings, others, event) {
  const identity = ({ rule, container, value }) => JSON.stringify([rule, container, value]);
  const one = new Map(findings.map((finding) => [identity(finding), finding]));
  let worse = false;
  for (const finding of others) {
    const known = one.get(identity(finding));
    if (known && rank(known.severity) <= rank(finding.severity)) continue;
    one.set(identity(finding), { ...finding, event });
    worse = true;
  }
  const all = worse ? [...one.values()].sort((one, other) => rank(one.severity) - rank(other.severity)) : findings;
  return { all, worse };
}

/** An incident as far as somebody took part in it; nothing if they did not. Of somebody of whom all
    that is kept is that they did, the findings are those of the incident. */
export function by(user, group) {
  const told = group.people.get(user);
  if (!told) return undefined;
  const events = group.events.filter(({ audit }) => audit.actor.user === user);
  const findings = group.own?.get(user) ?? group.findings;
  return { ...group, ...events[0], source: undefined, events, findings, people: new Map([[user, told]]) };
}

/** How many events there were, and how many of them ended how, what may have the most consequences
    first. */
export function total({ people }) {
  const sum = { events: 0, outcomes: {} };
  for (const { events, outcomes } of people.values()) {
    sum.events += events;
    for (const [how, count] of Object.entries(outcomes)) sum.outcomes[how] = (sum.outcomes[how] ?? 0) + count;
  }
  const sorted = Object.entries(sum.outcomes).sort(([one], [other]) => weight(one) - weight(other));
  return { events: sum.events, outcomes: Object.fromEntries(sorted) };
}

/** How a request can have ended, what may have the most consequences first. */
const OUTCOMES = ["created", "modified", "failed", "how it ended is not known", "unchanged", "deleted", "used", "dry run", "refused"];

/** The same, of what nothing came. */
const STOPPED = ["dry run", "refused"];

/** By whom a request was refused, and so why. */
const REFUSED = {
  authentication: "refused: nobody known asked",
  authorization: "refused by authorization",
  "escalation-check": "refused by the escalation check",
  admission: "refused by admission",
  validation: "refused as not valid",
  conflict: "refused: it exists, or was changed meanwhile",
  absence: "refused: there is none of that name",
  throttling: "refused: too many requests",
};

/** How a request ended, in words. */
export function outcome({ outcome, refusedBy }) {
  if (outcome === "unknown") return "how it ended is not known";
  return REFUSED[refusedBy] ?? outcome.replace("-", " ");
}

function weight(how) {
  return OUTCOMES.findIndex((outcome) => how.startsWith(outcome));
}

/** What became of an item by its log, which is not what the policy would do; of what is in no log,
    what the policy answers. `tone` is `grave`, or `fine` where there is nothing to contain, or none. */
export function verdict({ people, allowed, findings }) {
  if (!people && !allowed) return { text: "denied", tone: "grave" };
  if (!people && findings.some(({ action }) => action === "warn")) return { text: "allowed with a warning", tone: "" };
  if (!people) return { text: "allowed", tone: "fine" };
  const { events, outcomes } = total({ people });
  const [first] = Object.keys(outcomes);
  const isFine = STOPPED.some((outcome) => first.startsWith(outcome));
  const refused = Object.entries(outcomes).reduce((sum, [how, count]) => sum + (how.startsWith("refused") ? count : 0), 0);
  const number = (count) => count.toLocaleString("en");
  return { text: isFine || refused === 0 ? first : `${first}, ${number(refused)} of ${number(events)} times refused`, tone: isFine ? "fine" : "grave" };
}
