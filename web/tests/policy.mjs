// Settings as a ClusterAdmissionPolicy: what was typed is what the policy gets, and what has to
// stand beside it does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { policy } from "../page/src/policy.js";

const project = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
const readme = readFileSync(join(project, "README.md"), "utf8");
const template = readme.match(/```yaml\n(apiVersion: policies\.kubewarden\.io\/v1\nkind: ClusterAdmissionPolicy\n[^]*?)```/)[1];
const exported = (settings) => parse(policy(template, settings)).spec;

const SETTINGS = {
  "none": "",
  "only a comment": "# later\n",
  "what a pattern would take for its own": "exemptions:\n- reason: \"paid $$5, see $& and # 1\"\n  namespaces: [a]\n",
  "a document's marks": "%YAML 1.2\n# ours\n---\nonUpdate: all\n...\n",
  "a mark with something behind it": "--- {onUpdate: all}\n...",
  "a text of lines": "exemptions:\n- namespaces: [a]\n  reason: |\n    first\n\n    # not a comment\n      deeper\n- namespaces: [b]\n  reason: >-\n    folded\n\n    twice\n",
  "JSON": "{\n\t\"onUpdate\": \"all\",\n\t\"rules\": {\"host-pid\": {\"action\": \"off\"}}\n}",
  "JSON from the first column": "{\"hostAccess\":\n{\"deny\": \"low\"\n}}",
  "a text that must start where it stands": "exemptions:\n- namespaces: [a]\n  reason: |2\n      deeper\n    less\n",
  "anchors": "rules:\n  host-pid: &off {action: off}\n  host-ipc: *off\n",
};

for (const [name, settings] of Object.entries(SETTINGS)) {
  test(`a policy has the settings as typed: ${name}`, () => {
    assert.deepEqual(exported(settings).settings, parse(settings) ?? {});
    assert.equal(exported(settings).rules.length, parse(template).spec.rules.length);
  });
}

test("comments and the order of lines stay", () => {
  const settings = "# why\nrules:\n  # this one\n  host-pid: {action: off} # for now\n";
  assert.match(policy(template, settings), /\n  settings:\n    # why\n    rules:\n      # this one\n      host-pid: \{action: off\} # for now\n  rules:\n/);
});

test("what a policy may ask for is what deploy/context lets it", () => {
  assert.equal(exported("clusterContext: false").contextAwareResources, undefined);
  const component = parse(readFileSync(join(project, "deploy/context/kustomization.yaml"), "utf8"));
  const operations = parse(component.patches[0].patch);
  assert.deepEqual(exported("clusterContext: true").contextAwareResources, operations[1].value);
});

test("custom kinds are asked about", () => {
  const { rules } = exported("podTemplates:\n- {group: example.com, kind: Fleet, path: /spec}\npodMakers:\n- {group: example.com, resource: fleets}\n- {group: other.example, resource: boats}\n- {group: other.example, resource: ships}\n- {group: apps, resource: others}");
  assert.deepEqual(rules.slice(parse(template).spec.rules.length), [
    { apiGroups: ["example.com"], apiVersions: ["*"], resources: ["*"], operations: ["CREATE", "UPDATE"] },
    { apiGroups: ["other.example"], apiVersions: ["*"], resources: ["boats", "ships"], operations: ["CREATE", "UPDATE"] },
  ]);
});

test("the mode is said", () => assert.match(policy(template, ""), /\n  mode: monitor # refuses nothing yet/));
