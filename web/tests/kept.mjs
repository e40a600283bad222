// What is kept of an input that has more than there is room for, and how incidents are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENTS, by, total, verdict } from "../page/src/incidents.js";
import { Kept } from "../page/src/kept.js";

const finding = (severity, rule = "host-path") => ({ severity, rule, container: null, value: "/" });
const object = (name, severity) =>
  ({ type: "case", request: { kind: "Pod", name, namespace: "n" }, allowed: true, omitted: 0, findings: [finding(severity)] });
const event = (id, severity, user = "ann", more = {}) =>
  ({ ...object(id, severity), audit: { actor: { user }, outcome: "created" }, incident: { id }, ...more });
const ended = (outcome, refusedBy = null, user = "ann") => ({ audit: { actor: { user }, outcome, refusedBy } });
const names = ({ items }) => items.map(({ request }) => request.name).join("");

function kept(items, options) {
  const kept = new Kept(options);
  for (const item of items) kept.add(item);
  return kept.report();
}

test("the worst is kept, wherever in the input it stands", () => {
  const mild = Array.from({ length: 50 }, () => object("m", "medium"));
  for (const at of [0, 25, 50]) {
    const items = mild.toSpliced(at, 0, object("c", "critical"), object("h", "high"));
    const report = kept(items, { most: 3 });
    assert.equal(names(report), "chm");
    assert.equal(report.findings, 52);
    assert.equal(report.unkept.objects, 49);
  }
});

test("what weighs the same is kept in its order", () => {
  assert.equal(names(kept([..."abcdefghij"].map((name) => object(name, "high")), { most: 4 })), "abcd");
});

test("the events of an incident are counted, and some of them kept", () => {
  const many = Array.from({ length: 100 }, (_, index) => event("i", "high", "ann", ended(index % 2 ? "refused" : "modified", index % 2 ? "admission" : null)));
  const { items, incidents, findings } = kept([...many, event("i", "high", "eve"), event("i", "critical")]);
  assert.deepEqual([items.length, incidents, findings], [1, 1, 1]);
  const [incident] = items;
  assert.deepEqual(total(incident), { events: 102, outcomes: { created: 2, modified: 50, "refused by admission": 50 } });
  assert.deepEqual(verdict(incident), { text: "created, 50 of 102 times refused", tone: "grave" });
  // the first of somebody, and what weighs more, beside as many as have room
  assert.equal(incident.events.length, EVENTS + 2);
  assert.equal(incident.findings[0].severity, "critical");
  assert.equal(incident.findings[0].event, incident.events.at(-1));
  const hers = by("eve", incident);
  assert.deepEqual([hers.events.length, total(hers).events, verdict(hers).text], [1, 1, "created"]);
  assert.equal(by("bob", incident), undefined);
});

test("an incident is told by what became of it, and not by what the policy would have done", () => {
  const told = (...events) => {
    const { text, tone } = verdict(kept(events).items[0]);
    return `${text}${tone === "grave" ? "!" : ""}`;
  };
  const refused = (by) => event("i", "high", "ann", { allowed: true, ...ended("refused", by) });
  assert.equal(told(event("i", "high", "ann", { allowed: true })), "created!");
  assert.equal(told(refused("escalation-check")), "refused by the escalation check");
  assert.equal(told(refused("admission"), refused("conflict")), "refused by admission");
  assert.equal(told(refused("admission"), event("i", "high", "ann", ended("dry-run"))), "dry run");
  assert.equal(told(refused("admission"), event("i", "high", "ann", ended("unknown"))), "how it ended is not known, 1 of 2 times refused!");
  assert.equal(told(event("i", "high", "ann", ended("used")), event("i", "high", "ann", ended("deleted"))), "deleted!");
  const manifest = kept([object("m", "high")]).items[0];
  assert.deepEqual(verdict(manifest), { text: "allowed", tone: "fine" });
  assert.deepEqual(verdict({ ...manifest, allowed: false }), { text: "denied", tone: "grave" });
  assert.deepEqual(verdict({ ...manifest, findings: [{ action: "warn" }] }), { text: "allowed with a warning", tone: "" });
});

test("what is told of somebody in an incident is what their own events gave", () => {
  const list = ({ findings }) => findings.map(({ rule, severity, event }) => `${rule} ${severity} of ${event.audit.actor.user}`).join(", ");
  const both = (id, severity, user) => {
    const findings = [finding("high", "host-pid"), finding(severity)];
    return event(id, severity, user, { findings: severity === "critical" ? findings.reverse() : findings });
  };
  const alone = kept([both("i", "medium"), both("i", "critical")]).items[0];
  assert.equal(alone.own, undefined);
  assert.equal(list(by("ann", alone)), "host-path critical of ann, host-pid high of ann");

  const { items: [incident], findings } = kept([
    both("i", "medium", "ann"), both("i", "low", "ann"), both("i", "critical", "eve"), both("i", "low", "bob"), both("i", "high", "bob"),
  ]);
  assert.equal(findings, 2);
  assert.equal(list(incident), "host-path critical of eve, host-pid high of ann");
  assert.equal(list(by("ann", incident)), "host-pid high of ann, host-path medium of ann");
  assert.equal(list(by("eve", incident)), "host-path critical of eve, host-pid high of eve");
  assert.equal(list(by("bob", incident)), "host-pid high of bob, host-path high of bob");
  for (const user of ["ann", "eve", "bob"]) {
    const { events, findings } = by(user, incident);
    assert.ok(findings.every(({ event }) => events.includes(event)), user);
  }
});

test("what gave somebody's findings is kept beside the events that have room", () => {
  const { items: [incident] } = kept([
    event("i", "critical", "ann"), event("i", "low", "eve"), ...Array.from({ length: 100 }, () => event("i", "low", "ann")), event("i", "high", "eve"),
  ]);
  assert.equal(incident.events.length, EVENTS + 1);
  const { findings: [worst], events } = by("eve", incident);
  assert.equal(worst.severity, "high");
  assert.equal(worst.event, events.at(-1));
});

test("of somebody whose findings are not kept any more, those of the incident are told", () => {
  const others = [..."abcdef"].map((id) => event(id, "high"));
  const { items: [incident] } = kept([event("x", "low"), ...others, event("x", "critical", "eve")], { most: 3 });
  assert.equal(by("ann", incident).findings[0].severity, "critical");
  assert.equal(by("eve", incident).findings[0].severity, "critical");
});

test("an incident that had to go is counted once, and comes back with its number of events", () => {
  const others = [..."abcdef"].map((id) => event(id, "high"));
  const report = kept([event("x", "low"), ...others, event("x", "low"), event("x", "critical", "eve")], { most: 3 });
  assert.equal(names(report), "xab");
  assert.deepEqual([report.incidents, report.findings, report.unkept.incidents], [7, 7, 4]);
  assert.equal(total(report.items[0]).events, 3);
  assert.deepEqual(report.people, ["ann", "eve"]);
});

test("what cannot be judged takes no room from what is found", () => {
  const gaps = Array.from({ length: 600 }, (_, index) => ({ type: "gap", request: { namespace: `n${index % 3}`, user: "u" } }));
  const report = kept([...gaps, { type: "skipped" }, { type: "broken" }, object("c", "critical")]);
  assert.deepEqual(report.items.slice(0, 3).map(({ type }) => type), ["broken", "case", "gap"]);
  assert.deepEqual([report.gap, report.unkept.gap, report.unkept.skipped], [600, 100, 0]);
  assert.deepEqual(report.namespaces, ["n", "n0", "n1", "n2"]);
  assert.deepEqual(report.people, ["u"]);
});

test("requests go from what weighs least when there is no room for all", () => {
  const source = "x".repeat(10);
  const items = [event("c", "critical", "ann", { source }), event("m", "medium", "ann", { source }), event("l", "low", "ann", { source })];
  for (const order of [items, items.toReversed()]) {
    const { items } = kept(order, { room: 25 });
    assert.deepEqual(items.map(({ events: [{ source }] }) => source?.length), [10, undefined, undefined]);
  }
});
