// Who can write pods by roles and bindings, as the page joins them. Run with the path of the
// package in BULKHEAD.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { effective } from "../page/src/aggregation.js";
import { picture } from "../page/src/rbac.js";

const { inspect } = createRequire(import.meta.url)(process.env.BULKHEAD);

const EXEC = { apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] };
const DELETE = { apiGroups: [""], resources: ["pods"], verbs: ["delete"] };
const role = (name, labels, rules = [{ verbs: [name] }], kind = "ClusterRole") => ({ kind, metadata: { name, labels }, rules });
const collecting = (selectors, labels) =>
  ({ kind: "ClusterRole", metadata: { name: "all", labels }, aggregationRule: { clusterRoleSelectors: selectors } });
const binding = (kind, name, roleRef, metadata) =>
  ({ kind, metadata: { name, ...metadata }, roleRef, subjects: [{ kind: "User", name: "bob" }] });

const ROLES = [role("a", { tier: "pods", area: "one" }), role("b", { tier: "pods" }), role("c", { area: "two" }), role("d", undefined)];
const from = (selectors) => effective(collecting(selectors), ROLES).map(({ from }) => from).join("");

test("one selector is enough, and all of it must hold", () => {
  for (const [selectors, expected] of [
    [[{ matchLabels: { tier: "pods" } }], "ab"],
    [[{ matchLabels: { tier: "pods", area: "one" } }], "a"],
    [[{ matchLabels: { tier: "none" } }, { matchLabels: { area: "two" } }], "c"],
    [[{ matchLabels: { tier: "pods" }, matchExpressions: [{ key: "area", operator: "In", values: ["one", "two"] }] }], "a"],
    [[{ matchExpressions: [{ key: "area", operator: "NotIn", values: ["one"] }] }], "bcd"],
    [[{ matchExpressions: [{ key: "area", operator: "Exists" }, { key: "tier", operator: "DoesNotExist" }] }], "c"],
    [[{ matchExpressions: [{ key: "toString", operator: "Exists" }] }], ""],
    [[{ matchExpressions: [{ key: "area", operator: "Maybe" }] }], ""],
    [[{}], "abcd"],
    [[{ matchLabels: {}, matchExpressions: null }], "abcd"],
    [[], ""],
    [null, ""],
  ]) {
    assert.equal(from(selectors), expected, JSON.stringify(selectors));
  }
});

test("what is collected is collected again, and a rule counts once", () => {
  const inner = { ...collecting([{ matchLabels: { inner: "yes" } }], { outer: "yes" }), metadata: { name: "inner", labels: { outer: "yes" } } };
  const outer = { ...collecting([{ matchLabels: { outer: "yes" } }, {}]), rules: [EXEC] };
  const rules = effective(outer, [outer, inner, role("x", { inner: "yes" }, [EXEC, DELETE])]);
  assert.deepEqual(rules, [{ rule: EXEC }, { rule: DELETE, from: "x", path: "/rules/1" }]);
});

test("who is bound to an aggregated role has what the others give", () => {
  const all = collecting([{ matchLabels: { more: "true" } }]);
  const objects = [
    all,
    role("gives", { more: "true" }, [{ verbs: ["get"], nonResourceURLs: ["/"] }, EXEC]),
    { ...role("own", { more: "true" }, [DELETE], "Role"), metadata: { name: "own", labels: { more: "true" } } },
    binding("ClusterRoleBinding", "everywhere", { kind: "ClusterRole", name: "all" }),
    binding("RoleBinding", "there", { kind: "ClusterRole", name: "all" }, { namespace: "team-a" }),
    binding("RoleBinding", "own", { kind: "Role", name: "own" }),
  ];
  const rows = picture(objects, (request) => inspect(request));
  const shown = rows.map(({ binding, namespace, given }) => [binding, namespace, Object.keys(given).join()]);
  assert.deepEqual(shown.sort(), [
    ["ClusterRoleBinding everywhere", null, "exec"],
    ["RoleBinding own", "default", "delete"],
    ["RoleBinding there", "team-a", "exec"],
  ]);
  const [grant] = rows.find(({ namespace }) => namespace === null).given.exec.grants;
  assert.deepEqual(grant, { path: "/rules/1/resources/0", resource: "pods/exec", verbs: ["create"], from: "gives" });
});

test("what is not as it should be gives nothing, and hides nothing", () => {
  const given = (objects) => picture([
    ...objects, role("gives", {}, [EXEC]), binding("ClusterRoleBinding", "good", { kind: "ClusterRole", name: "gives" }),
  ], (request) => inspect(request)).map(({ binding }) => binding);
  for (const objects of [
    [{ ...role("all", null, 7), aggregationRule: { clusterRoleSelectors: [null, { matchLabels: "a", matchExpressions: {} }, { matchExpressions: [null] }] } }],
    [{ kind: "ClusterRole" }, { kind: "ClusterRole", metadata: null, rules: [null], aggregationRule: { clusterRoleSelectors: 7 } }],
    [{ kind: "ClusterRoleBinding", metadata: null, roleRef: {}, subjects: 7 }, { kind: "RoleBinding", roleRef: 7, subjects: [null] }],
  ]) {
    assert.deepEqual(given(objects), ["ClusterRoleBinding good"]);
  }
});

test("a binding of a role that is not there is told, at the end", () => {
  const rows = picture([
    binding("ClusterRoleBinding", "dangling", { kind: "ClusterRole", name: "gone" }),
    role("shell", undefined, [EXEC]),
    binding("ClusterRoleBinding", "known", { kind: "ClusterRole", name: "shell" }),
  ], inspect);
  assert.deepEqual(rows.map(({ binding, role, missing }) => [binding, role, missing]), [
    ["ClusterRoleBinding known", "ClusterRole shell", undefined],
    ["ClusterRoleBinding dangling", "ClusterRole gone", true],
  ]);
});
