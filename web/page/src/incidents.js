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
function counted(people, { audit, allowed }) {
  const { user } = audit.actor;
  const { events, denied } = people.get(user) ?? { events: 0, denied: 0 };
  people.set(user, { events: events + 1, denied: denied + (allowed ? 0 : 1) });
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

/** How many events there were, and how many of them were denied. */
export function total({ people }) {
  let [events, denied] = [0, 0];
  for (const one of people.values()) {
    events += one.events;
    denied += one.denied;
  }
  return { events, denied };
}

/** `denied`, `allowed`, or how often it was denied. */
export function verdict(item) {
  if (!item.people) return item.allowed ? "allowed" : "denied";
  const { events, denied } = total(item);
  if (denied === 0) return "allowed";
  return denied === events ? "denied" : `denied ${denied} of ${events.toLocaleString("en")} times`;
}
