// Corrected versions of manifests, by hand: what goes, and that every other letter stays. Run with
// the path of the package in BULKHEAD.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments, stringify } from "yaml";
import { correct } from "../page/src/correct.js";

const { cases } = createRequire(import.meta.url)(process.env.BULKHEAD);
const corrected = (text, index = 0, settings = "") => {
  const answer = correct(text, index, (item) => item.inspect(settings), cases);
  const whole = text.slice(0, answer.from) + answer.becomes + text.slice(answer.to);
  assert.equal(answer.was, text.slice(answer.from, answer.to));
  return { ...answer, whole, remaining: answer.remaining.map(({ rule }) => rule) };
};

const POD = "apiVersion: v1\nkind: Pod\nspec:\n";
const ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n";

const TABLE = {
  "comments, quotes and indentation stay": [
    POD + "  hostPID: true   # to see them all\n  # why it runs\n  containers:\n      - name:   'a'\n        image: \"b\"\n",
    POD + "  # why it runs\n  containers:\n      - name:   'a'\n        image: \"b\"\n",
  ],
  "a volume becomes empty, and its mounts stay": [
    POD + "  volumes:\n  - hostPath:\n      path: /\n      type: Directory # the root\n    name: a\n  - {name: b, hostPath: {path: /etc}}\n",
    POD + "  volumes:\n  - emptyDir: {} # the root\n    name: a\n  - {name: b, emptyDir: {}}\n",
  ],
  "what is first on the line of a dash makes room for what follows": [
    POD + "  containers:\n  - securityContext:\n      privileged: true\n    name: a\n  - ports:\n    - hostPort: 80\n      # inside\n      containerPort: 80\n    name: b\n",
    POD + "  containers:\n  - name: a\n  - ports:\n    - containerPort: 80\n    name: b\n",
  ],
  "a capability goes, the last one with what holds it": [
    POD + "  containers:\n  - name: a\n    securityContext:\n      capabilities: {drop: [ALL], add: [SYS_ADMIN, CHOWN, SYS_PTRACE]}\n  - name: b\n    securityContext:\n      runAsUser: 7\n      capabilities:\n        add:\n        - SYS_ADMIN\n",
    POD + "  containers:\n  - name: a\n    securityContext:\n      capabilities: {drop: [ALL], add: [CHOWN]}\n  - name: b\n    securityContext:\n      runAsUser: 7\n",
  ],
  "what may be required stays, empty": [POD + "  hostPID: true\n  hostIPC: true\n", "apiVersion: v1\nkind: Pod\nspec: {}\n"],
  "what is hidden behind a finding goes too": [
    POD + "  containers:\n  - name: a\n    securityContext: {privileged: true, procMount: Unmasked, capabilities: {add: [SYS_ADMIN]}}\n",
    POD + "  containers:\n  - name: a\n",
  ],
  "a profile is named instead": [
    POD + "  securityContext:\n    seccompProfile: {type: Unconfined}\n    appArmorProfile:\n      type: \"Unconfined\"\n",
    POD + "  securityContext:\n    seccompProfile: {type: RuntimeDefault}\n    appArmorProfile:\n      type: \"RuntimeDefault\"\n",
  ],
  "a text of lines is taken away or replaced whole": [
    POD + "  securityContext:\n    seccompProfile:\n      type: >-\n        Unconfined\n  hostPID: true\n",
    POD + "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n",
  ],
  "JSON stays JSON": [
    '{\n  "apiVersion": "v1",\n  "kind": "Pod",\n  "spec": {\n    "volumes": [{"name": "a", "hostPath": {"path": "/"}}],\n    "hostPID": true,\n    "hostIPC": true\n  }\n}\n',
    '{\n  "apiVersion": "v1",\n  "kind": "Pod",\n  "spec": {\n    "volumes": [{"name": "a", "emptyDir": {}}]\n  }\n}\n',
  ],
  "a part that two places share goes from both": [
    POD + "  containers:\n  - name: a\n    securityContext: &shared {privileged: true, runAsUser: 7}\n  - name: b\n    securityContext: *shared\n",
    POD + "  containers:\n  - name: a\n    securityContext: &shared {runAsUser: 7}\n  - name: b\n    securityContext: *shared\n",
  ],
  "verbs go where a rule is about nothing else": [
    ROLE + "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs:\n  - get\n  - create\n  - delete\n  - list\n",
    ROLE + "rules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs:\n  - get\n  - list\n",
  ],
  "what is read stays in a rule of its own": [
    ROLE + "rules:\n- apiGroups: [\"\"]\n  resources: [services, pods]\n  verbs: [get, create]\n",
    ROLE + "rules:\n- apiGroups: [\"\"]\n  resources: [services]\n  verbs: [get, create]\n- {apiGroups: [\"\"], resources: [pods], verbs: [get]}\n",
  ],
  "and in JSON as well": [
    '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","rules":[{"apiGroups":[""],"resources":["services","pods"],"verbs":["get","create"]},{"apiGroups":[""],"resources":["pods/exec"],"verbs":["create"]}]}',
    '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","rules":[{"apiGroups":[""],"resources":["services"],"verbs":["get","create"]}, {"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}',
  ],
  "a rule that is left without verbs or resources goes": [
    ROLE + "rules:\n- {apiGroups: [\"\"], resources: [pods/exec], verbs: [create]}\n- {apiGroups: [\"\"], resources: [services], verbs: [get]}\n- {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}\n",
    ROLE + "rules:\n- {apiGroups: [\"\"], resources: [services], verbs: [get]}\n",
  ],
  "a role that gives nothing has no rules, and may be aggregated": [
    ROLE.replace("{name: a}", "{name: a, labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}}") + "rules:\n- {apiGroups: [\"\"], resources: [pods], verbs: [create]}\n",
    ROLE.replace("{name: a}", "{name: a, labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}}") + "rules: []\n",
  ],
};

for (const [name, [before, after]] of Object.entries(TABLE)) {
  test(name, () => {
    const { whole, remaining } = corrected(before);
    assert.equal(whole, after);
    assert.deepEqual(remaining, []);
  });
}

const SHARED = {
  "a part that other places share is written out where it is corrected": [
    POD + "  containers:\n  - name: a\n    securityContext: &shared {privileged: true, runAsUser: 7} # for both\n  - name: b\n    securityContext: *shared # as a\n",
    "exemptions: [{reason: it mounts, rules: [privileged], namespaces: [default], containers: [a]}]",
    POD + "  containers:\n  - name: a\n    securityContext: &shared {privileged: true, runAsUser: 7} # for both\n  - name: b\n    securityContext: {runAsUser: 7} # as a\n",
  ],
  "and stays as it is in the other places when it is corrected where it is named": [
    POD + "  containers:\n  - name: a\n    securityContext: &shared {privileged: true, runAsUser: 7}\n  - name: b\n    securityContext: *shared\n",
    "exemptions: [{reason: it mounts, rules: [privileged], namespaces: [default], containers: [b]}]",
    POD + "  containers:\n  - name: a\n    securityContext: &shared {runAsUser: 7}\n  - name: b\n    securityContext: {privileged: true, runAsUser: 7}\n",
  ],
  "what is merged is written out": [
    "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: &all\n    hostPID: true\n    a: \"b\"\nspec:\n  <<: *all\n  hostname: c\n",
    "",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: &all\n    hostPID: true\n    a: \"b\"\nspec:\n  <<: {a: \"b\"}\n  hostname: c\n",
  ],
  "and what is left of a merged part, if it is nothing, goes": [
    "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: &all {hostPID: true}\nspec:\n  <<: *all\n  hostname: c\n",
    "",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: &all {hostPID: true}\nspec:\n  hostname: c\n",
  ],
  "one of several that are merged is written out": [
    "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: &one {hostPID: true}\n  annotations: &two {hostname: c}\nspec:\n  <<: [*one, *two]\n",
    "",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: &one {hostPID: true}\n  annotations: &two {hostname: c}\nspec:\n  <<: [*two]\n",
  ],
  "another object that shares a part keeps it": [
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: &spec\n    hostPID: true\n    hostname: c\n- apiVersion: v1\n  kind: Pod\n  spec: *spec\n",
    "",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: &spec\n    hostname: c\n- apiVersion: v1\n  kind: Pod\n  spec: {hostPID: true, hostname: c}\n",
  ],
};

for (const [name, [before, settings, after]] of Object.entries(SHARED)) {
  test(name, () => {
    const { whole, remaining } = corrected(before.replace("kind: Pod\nspec", "kind: Pod\nmetadata: {namespace: default}\nspec"), 0, settings);
    assert.equal(whole.replace("metadata: {namespace: default}\n", ""), after);
    assert.deepEqual(remaining, []);
  });
}

test("what is not corrected stays shared", () => {
  const unread = POD + "  containers:\n  - name: a\n    securityContext: &shared {privileged: \"true\"}\n  - name: b\n    securityContext: *shared\n";
  assert.deepEqual([corrected(unread).whole, corrected(unread).remaining], [unread, ["unreadable"]]);
  const other = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: &meta {name: a}\n  spec: {hostPID: true}\n- apiVersion: v1\n  kind: Pod\n  metadata: *meta\n  spec: {}\n";
  assert.equal(corrected(other).whole, other.replace("{hostPID: true}", "{}"));
});

test("one object of many is corrected where it stands", () => {
  const list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    hostPID: true\n    hostIPC: true\n- {apiVersion: v1, kind: Pod, spec: {hostPID: true}}\n";
  const text = `# first\n${POD}  hostPID: true\n---\n${list}---\n${POD}  hostIPC: true\n`;
  const { from, to, whole } = corrected(text, 1);
  assert.equal(text.slice(from, to), list);
  assert.equal(whole, text.replace("\n    hostPID: true\n    hostIPC: true", " {}"));
  assert.equal(corrected(text, 2).whole, text.replace("{hostPID: true}", "{}"));
  assert.equal(corrected(text, 3).whole, text.replace("spec:\n  hostIPC: true", "spec: {}"));
  assert.equal(corrected("--- {apiVersion: v1, kind: Pod, spec: {hostPID: true}}").whole, "--- {apiVersion: v1, kind: Pod, spec: {}}");
  const lines = '{"apiVersion":"v1","kind":"Pod","spec":{"hostPID":true}}\n'.repeat(2);
  const second = corrected(lines, 1);
  assert.deepEqual([second.from, second.to], [57, 113]);
  assert.equal(second.whole, lines.slice(0, 57) + '{"apiVersion":"v1","kind":"Pod","spec":{}}\n');
});

test("what has to be chosen remains, and is told", () => {
  const volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec:\n  hostPath: {path: /}\n";
  assert.deepEqual([corrected(volume).whole, corrected(volume).remaining], [volume, ["persistent-volume"]]);
  const unread = POD + "  hostPID: true\n  containers:\n  - name: a\n    securityContext: {privileged: \"true\"}\n";
  assert.deepEqual([corrected(unread).whole, corrected(unread).remaining], [unread, ["unreadable"]]);
  const binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: unknown}\nsubjects: [{kind: User, name: bob}]\n";
  assert.deepEqual([corrected(binding).whole, corrected(binding).remaining], [binding, ["pod-write-binding"]]);
});

test("what somebody gave a reason for stays", () => {
  const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: monitoring}\nspec:\n  hostPID: true\n  hostIPC: true\n";
  const settings = "exemptions: [{reason: it watches the node, rules: [host-pid], namespaces: [monitoring]}]";
  const { whole, remaining } = corrected(pod, 0, settings);
  assert.equal(whole, pod.replace("  hostIPC: true\n", ""));
  assert.deepEqual(remaining, []);
});

test("of every example of a rule, only what has to be chosen remains", () => {
  const fixtures = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../tests/fixtures");
  const remaining = new Set();
  let changed = 0;
  for (const rule of readdirSync(fixtures)) {
    for (const name of readdirSync(join(fixtures, rule))) {
      const text = readFileSync(join(fixtures, rule, name), "utf8");
      cases(text).forEach((item, index) => {
        if (item.type !== "case") return;
        const answer = corrected(text, index);
        changed += answer.whole === text ? 0 : 1;
        answer.remaining.forEach((rule) => remaining.add(rule));
        const read = cases(answer.whole);
        assert.deepEqual(read.map(({ type }) => type), cases(text).map(({ type }) => type), `${rule}/${name}`);
      });
    }
  }
  assert.ok(changed > 30, `${changed}`);
  assert.deepEqual([...remaining].sort(), ["persistent-volume", "unreadable"]);
});

test("an object is corrected alike however it is written", () => {
  const fixtures = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../tests/fixtures");
  const settled = (text) => parseAllDocuments(text).map((document) => document.toJS());
  let changed = 0;
  for (const rule of readdirSync(fixtures)) {
    for (const name of readdirSync(join(fixtures, rule))) {
      for (const document of parseAllDocuments(readFileSync(join(fixtures, rule, name), "utf8"))) {
        const object = document.toJS();
        const [item] = object ? cases(JSON.stringify(object)) : [];
        if (item?.type !== "case" || item.form !== "manifest") continue;
        const [expected] = settled(corrected(JSON.stringify(object)).whole);
        changed += JSON.stringify(expected) === JSON.stringify(object) ? 0 : 1;
        for (const text of [
          JSON.stringify(object, null, 2),
          stringify(object),
          stringify(object, { indent: 4, indentSeq: false, defaultStringType: "QUOTE_SINGLE" }),
          stringify(object, { collectionStyle: "flow", lineWidth: 20 }),
          "# a comment\n" + stringify(object).replace(/$/gm, " # and one") .replace(/^ # and one$/gm, ""),
        ]) {
          assert.deepEqual(settled(corrected(text).whole), [expected], `${rule}/${name}\n${text}`);
        }
        const list = stringify({ apiVersion: "v1", kind: "List", items: [object, structuredClone(object)] });
        assert.deepEqual(settled(corrected(list, 1).whole)[0].items, [object, expected], `${rule}/${name}`);
      }
    }
  }
  assert.ok(changed > 30, `${changed}`);
});
