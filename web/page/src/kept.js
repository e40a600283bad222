// What is kept of an input, however much there is of it: the worst that was found, by object or
// incident, and counts of everything. Nothing leaves this without being counted.
import { begun, joined } from "./incidents.js";
import { byWorst } from "./severities.js";

/** Objects and incidents with findings. */
const MOST = 2_000;
/** Of what cannot be judged or read, of each kind. */
const UNJUDGED = 500;
/** Characters of requests. */
const ROOM = 16 << 20;

export class Kept {
  #most;
  #room;
  #used = 0;
  #groups = [];
  #incidents = new Map();
  /** Incidents that had to go: how many findings they have and what their people did. */
  #gone = new Map();
  #objectsGone = 0;
  #unjudged = { broken: [], gap: [], skipped: [] };
  #counts = { judged: 0, past: 0, denied: 0, findings: 0, broken: 0, gap: 0, skipped: 0 };
  #namespaces = new Set();
  #people = new Set();

  constructor({ most = MOST, room = ROOM } = {}) {
    this.#most = most;
    this.#room = room;
  }

  /** Counts an object or request that was judged; `isPast` is one of a log, which nobody asked. */
  count(allowed, isPast) {
    this.#counts.judged += 1;
    if (isPast) this.#counts.past += 1;
    if (!allowed) this.#counts.denied += 1;
  }

  /** Takes in a case with findings, or what is none. */
  add(item) {
    if (item.request?.namespace) this.#namespaces.add(item.request.namespace);
    const user = item.audit?.actor.user ?? item.request?.user;
    if (user) this.#people.add(user);
    if (item.type !== "case") return this.#addUnjudged(item);
    if (this.#addCase(item)) this.#used += item.source?.length ?? 0;
    if (this.#used > this.#room) this.#makeRoom();
    if (this.#groups.length >= 2 * this.#most) this.#drop();
  }

  #addUnjudged(item) {
    this.#counts[item.type] += 1;
    const kept = this.#unjudged[item.type];
    if (kept.length < UNJUDGED) kept.push(item);
  }

  /** Answers whether it is kept. */
  #addCase(item) {
    const id = item.incident?.id;
    const known = this.#incidents.get(id);
    if (known) {
      const before = known.findings.length;
      const isKept = joined(known, item);
      this.#counts.findings += known.findings.length - before;
      return isKept;
    }
    const gone = this.#gone.get(id);
    this.#gone.delete(id);
    const group = item.incident ? begun(item, gone?.people) : item;
    this.#counts.findings += group.findings.length - (gone?.findings ?? 0);
    if (item.incident) this.#incidents.set(id, group);
    this.#groups.push(group);
    return true;
  }

  /** Lets the mildest go. */
  #drop() {
    this.#groups.sort(byWorst);
    for (const { incident, findings, people, source, events = [{ source }] } of this.#groups.splice(this.#most)) {
      for (const { source } of events) this.#used -= source?.length ?? 0;
      if (incident) {
        this.#incidents.delete(incident.id);
        this.#gone.set(incident.id, { findings: findings.length, people });
      } else {
        this.#objectsGone += 1;
      }
    }
  }

  /** Lets requests go, those of the mildest first, until half of the room is free. */
  #makeRoom() {
    for (const group of [...this.#groups].sort(byWorst).reverse()) {
      for (const holder of group.events ?? [group]) {
        if (this.#used <= this.#room / 2) return;
        this.#used -= holder.source?.length ?? 0;
        holder.source = undefined;
      }
    }
  }

  /** What was found, the worst first, and what could not be judged; how much there was of all; and
      what is `unkept` of it. */
  report() {
    this.#drop();
    const { broken, gap, skipped } = this.#unjudged;
    const unkept = { incidents: this.#gone.size, objects: this.#objectsGone };
    for (const [kind, kept] of Object.entries(this.#unjudged)) unkept[kind] = this.#counts[kind] - kept.length;
    return {
      items: [...broken, ...this.#groups, ...gap, ...skipped],
      incidents: this.#incidents.size + this.#gone.size,
      ...this.#counts,
      unkept,
      namespaces: [...this.#namespaces].sort(),
      people: [...this.#people].sort(),
    };
  }
}
