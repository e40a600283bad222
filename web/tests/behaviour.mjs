// What the functions do in JavaScript's own terms, by hand. Run where the package is installed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import init, { Reader, call, cases, catalog, inspect, validate, validateSettings } from "bulkhead";

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: team-a}\nspec:\n  hostPID: yes\n";
const request = {
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  object: { apiVersion: "v1", kind: "Pod", spec: { hostPID: true } },
};

test("there is nothing to wait for, and no harm in it", async () => {
  assert.equal(await init(), undefined);
  const required = createRequire(import.meta.url)("bulkhead");
  assert.equal(await required.init(), undefined);
  // what compilers make of the README's example
  assert.equal(required.__esModule, true);
  assert.equal(await required.default(), undefined);
  assert.equal([...required.cases(POD)].length, 1);
});

test("an object in place of a request is told as such", () => {
  const [{ rule, message, path }, ...rest] = inspect(request.object).findings;
  assert.deepEqual([rule, path, rest], ["unreadable", "", []]);
  assert.match(message, /^cannot be judged: \/request: a Kubernetes object, expected an admission request/);
});

test("a manifest is a case that knows its places", () => {
  const [item, ...rest] = cases(POD);
  assert.deepEqual(rest, []);
  assert.equal(item.type, "case");
  assert.equal(item.form, "manifest");
  assert.equal(item.refused, false);
  assert.equal(item.audit, undefined);
  assert.deepEqual(item.place, { line: 1, document: 1, item: 1 });
  const { allowed, findings, request } = item.inspect();
  assert.equal(request.name, "web");
  assert.equal(allowed, false);
  assert.deepEqual(findings.map(({ rule, path }) => [rule, path]), [["host-pid", "/spec/hostPID"]]);
  assert.deepEqual(item.locate("/spec/hostPID"), { line: 5, column: 3 });
  assert.equal(item.locate("/spec/hostIPC"), undefined);
  item.free();
});

test("settings are an object, YAML, JSON or nothing", () => {
  const off = { rules: { "host-pid": { action: "off" } } };
  for (const settings of [off, JSON.stringify(off), "rules:\n  host-pid: {action: off}\n"]) {
    assert.deepEqual(inspect(request, settings).findings, []);
    assert.equal(validate(request, settings).accepted, true);
  }
  for (const settings of [undefined, null, "", {}]) {
    assert.equal(inspect(request, settings).findings.length, 1);
    assert.equal(validate(JSON.stringify(request), settings).accepted, false);
  }
});

test("mistakes in settings have their place", () => {
  assert.deepEqual(validateSettings("onUpdate: all"), { valid: true });
  const { valid, message } = validateSettings({ onUpdate: "some", nothing: 1 });
  assert.equal(valid, false);
  assert.match(message, /onUpdate/);
  assert.match(message, /nothing/);
  const { mistakes } = validateSettings("# mine\nonUpdate: some\nexemptions:\n- reason: r\n  nothing: 1\n");
  assert.deepEqual(mistakes.map(({ text, line }) => [text.split(":")[0], line]), [["onUpdate", 2], ["exemptions[0]", 5], ["exemptions[0]", 4], ["exemptions[0]", 4]]);
  assert.equal(validateSettings({ onUpdate: "some" }).mistakes[0].line, null);
  assert.throws(() => validateSettings("a: 1\na: 2\n"), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^settings: line 2: /);
    return true;
  });
  assert.throws(() => inspect(request, "a: [\n"), /^Error: settings: line \d+: /);
  assert.throws(() => inspect(request, () => {}), /^Error: settings: neither/);
});

test("whatever a request is, there is an answer", () => {
  for (const bad of ["", "{", "7", '{"object":{"spec":7}}', 7, [], null]) {
    const { allowed, findings } = inspect(bad);
    assert.equal(typeof allowed, "boolean");
    assert.ok(Array.isArray(findings));
  }
  assert.throws(() => inspect(undefined), /^Error: request: neither/);
  const cycle = {};
  cycle.cycle = cycle;
  assert.throws(() => inspect(cycle), /^Error: request: neither/);
});

test("what cannot be read is told with its place, and does not stop the rest", () => {
  const items = cases("a: [\n---\n" + POD + "---\nno: object\n");
  assert.deepEqual(items.map(({ type }) => type), ["broken", "case", "skipped"]);
  assert.equal(typeof items[0].line, "number");
  assert.equal(items[2].place.line, 9);
  assert.equal(items[2].message, "no `apiVersion` and `kind`");
  assert.throws(() => cases(7), /^Error: input: neither/);
  assert.deepEqual(cases(new Uint8Array()), []);
});

test("a log is read in pieces, and tells who and how it ended", () => {
  const event = (id) => JSON.stringify({
    kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: id,
    stage: "ResponseComplete", requestURI: "/api/v1/namespaces/team-a/pods", verb: "create",
    user: { username: "bob" }, sourceIPs: ["10.0.0.9"],
    objectRef: { resource: "pods", namespace: "team-a", name: "web", apiVersion: "v1" },
    responseStatus: { code: 201 },
    requestObject: id === "b" ? undefined : { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { hostPID: true } },
    requestReceivedTimestamp: "2026-01-31T10:00:00.000000Z", stageTimestamp: "2026-01-31T10:00:00.100000Z",
  }) + "\n";
  const reader = new Reader();
  const bytes = new TextEncoder().encode(event("a") + event("b"));
  const items = [];
  for (let at = 0; at < bytes.length; at += 100) {
    reader.push(bytes.subarray(at, at + 100));
    for (let item; (item = reader.next()); ) items.push(item);
  }
  assert.equal(items.length, 1);
  reader.end();
  for (let item; (item = reader.next()); ) items.push(item);
  const [judged, gap] = items;
  assert.equal(judged.form, "event");
  assert.equal(judged.audit.actor.user, "bob");
  assert.equal(judged.audit.outcome, "created");
  assert.equal(judged.inspect().findings[0].rule, "host-pid");
  assert.equal(gap.type, "gap");
  assert.equal(gap.reason, "no-body");
  assert.equal(gap.place.line, 2);
  assert.equal(gap.request.name, "web");
  assert.deepEqual(reader.takePassed(), { irrelevant: 0, stages: 0, other: 0 });
  assert.equal(reader.forgotten, 0);
});

test("a log goes on in the next file", () => {
  const event = (id, stage, name) => JSON.stringify({
    kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: id, stage, verb: "create",
    user: { username: "bob" }, objectRef: { resource: "pods", namespace: "team-a", name, apiVersion: "v1" },
    responseStatus: { code: 201 },
    requestObject: stage === "ResponseComplete" ? { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { hostPID: true } } : undefined,
    requestReceivedTimestamp: "2026-01-31T10:00:00.000000Z", stageTimestamp: "2026-01-31T10:00:00.100000Z",
  });
  const reader = new Reader();
  // the first file has no line feed at its end, and is not taken before the next comes
  reader.push([event("a", "RequestReceived", "one"), event("b", "RequestReceived", "two")].join("\n"));
  reader.endInput();
  reader.push("\n" + event("a", "ResponseComplete", "one"));
  reader.end();
  const items = [];
  for (let item; (item = reader.next()); ) items.push(item);
  assert.deepEqual(items.map(({ type, place }) => [type, place.line]), [["case", 2], ["gap", 2]]);
  assert.equal(items[0].audit.outcome, "created");
  assert.deepEqual([items[1].input, items[1].reason], [0, "unfinished"]);
  reader.push(event("c", "ResponseComplete", "three"));
  assert.equal(reader.next(), undefined);
});

test("pieces are bytes or text, and nothing else", () => {
  const reader = new Reader();
  for (const piece of [POD.slice(0, 40), new TextEncoder().encode(POD.slice(40))]) reader.push(piece);
  reader.end();
  assert.equal(reader.next().inspect().findings[0].rule, "host-pid");
  for (const wrong of [5, undefined, new ArrayBuffer(8), [1], { length: -1 }]) {
    assert.throws(() => new Reader().push(wrong), /^Error: piece: neither a text nor a Uint8Array$/);
    assert.throws(() => call("inspect", wrong), /^Error: payload: neither/);
    assert.throws(() => call(wrong, ""), /^Error: operation: no text$/);
    assert.throws(() => cases(POD)[0].locate(wrong), /^Error: pointer: no text$/);
  }
});

test("the same findings in a workload and its pods are one incident", () => {
  const web = (kind, metadata) => ({ metadata: { name: "web", namespace: "team-a", ...metadata }, kind });
  const spec = { hostPID: true };
  const event = (resource, name, { username, object, group = "" }) => JSON.stringify({
    kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: resource + name,
    stage: "ResponseComplete", requestURI: "/", verb: "create", user: { username },
    objectRef: { resource, namespace: "team-a", name, apiGroup: group, apiVersion: "v1" },
    responseStatus: { code: 201 }, responseObject: object, requestObject: object,
    requestReceivedTimestamp: "2026-01-31T10:00:00.000000Z", stageTimestamp: "2026-01-31T10:00:00.100000Z",
  });
  const deployment = { apiVersion: "apps/v1", ...web("Deployment", {}), spec: {} };
  const daemonSet = { apiVersion: "apps/v1", ...web("DaemonSet", {}), spec: { template: { spec } } };
  const pod = (own, spec) => ({
    apiVersion: "v1", spec,
    ...web("Pod", { name: own, ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "web", uid: "a", controller: true }] }),
  });
  const controller = "system:serviceaccount:kube-system:daemon-set-controller";
  const items = cases([
    event("daemonsets", "web", { username: "bob", object: daemonSet, group: "apps" }),
    event("pods", "web-a", { username: controller, object: pod("web-a", spec) }),
    event("pods", "web-b", { username: controller, object: pod("web-b", { hostPID: true, hostIPC: true }) }),
    event("pods", "own", { username: "bob", object: { apiVersion: "v1", kind: "Pod", metadata: { name: "own", namespace: "team-a" }, spec } }),
    event("deployments", "web", { username: "bob", object: deployment, group: "apps" }),
  ].join("\n"));
  const incidents = items.map((item) => item.incident(item.inspect().findings));
  assert.match(incidents[0].id, /^[0-9a-f]{16}$/);
  assert.deepEqual(incidents[0].workload, { group: "apps", kind: "DaemonSet", namespace: "team-a", name: "web" });
  assert.deepEqual(incidents[1], incidents[0]);
  assert.deepEqual(incidents[2].workload, incidents[0].workload);
  assert.notEqual(incidents[2].id, incidents[0].id);
  assert.equal(incidents[3].workload.kind, "Pod");
  // as `intake` has it natively
  assert.equal(items[4].incident([{ rule: "host-path", container: null, value: "/" }]).id, "9c13e25916321f4e");
  assert.equal(items[0].incident([]), undefined);
  assert.throws(() => items[0].incident({}), /^Error: findings: not a list of findings$/);
  const [manifest] = cases(POD);
  assert.equal(manifest.incident(manifest.inspect().findings), undefined);
});

test("operations are called by name", () => {
  const text = (bytes) => new TextDecoder().decode(bytes);
  assert.equal(text(call("protocol_version", new Uint8Array())), '"v1"');
  assert.deepEqual(JSON.parse(text(call("catalog", new Uint8Array()))), catalog());
  assert.deepEqual(JSON.parse(text(call("inspect", JSON.stringify({ request })))), inspect(request));
  assert.ok(catalog().rules.some(({ id }) => id === "host-pid"));
  assert.throws(() => call("unknown", new Uint8Array()), /^Error: no operation `unknown`$/);
});
