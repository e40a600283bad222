// Which requests of a log are told as one: those of one incident, in whatever order they came.

/** The worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low"];

/** Items in their order; in the place of the first of an incident, the incident with all its
    `events` and what was found in any of them, the worst first. */
export function grouped(items) {
  const incidents = new Map();
  const all = [];
  for (const item of items) {
    const known = incidents.get(item.incident?.id);
    if (known) {
      known.events.push(item);
      known.findings = merged(known.findings, of(item));
    } else if (item.incident) {
      const incident = { ...item, findings: of(item), events: [item] };
      incidents.set(item.incident.id, incident);
      all.push(incident);
    } else {
      all.push(item);
    }
  }
  return all;
}

/** The findings of an event, which can tell where they are from. */
function of(item) {
  return item.findings.map((finding) => ({ ...finding, event: item }));
}

/** The same finding in another object of the workload stands at another place, and may weigh more. */
function merged(findings, others) {
  const rank = ({ severity }) => SEVERITIES.indexOf(severity);
  const one = new Map();
  for (const finding of [...findings, ...others]) {
    const identity = JSON.stringify([finding.rule, finding.container, finding.value]);
    const known = one.get(identity);
    if (!known || rank(finding) < rank(known)) one.set(identity, finding);
  }
  return [...one.values()].sort((one, other) => rank(one) - rank(other));
}

/** `denied`, `allowed`, or how often it was denied. */
export function verdict({ allowed, events = [] }) {
  const denied = events.filter(({ allowed }) => !allowed).length;
  if (denied === 0 || denied === events.length) return allowed ? "allowed" : "denied";
  return `denied ${denied} of ${events.length} times`;
}
