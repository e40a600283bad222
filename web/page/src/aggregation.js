// The rules that a cluster role has in effect: its own, and those that the controller collects into
// it. In a live cluster they stand in it already, in manifests they are still to come; both give the
// same here, as in `bulkhead rbac`.
//
// Source: Kubernetes `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`,
// `syncClusterRole`, and `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`,
// `LabelSelectorAsSelector`.

/** Each rule, and where it is from: `{rule}`, or where it is collected `{rule, from, path}`. */
export function effective(role, clusterRoles) {
  const rules = list(role.rules).map((rule) => ({ rule }));
  const known = new Set(rules.map(({ rule }) => JSON.stringify(rule)));
  for (const other of collected(role, clusterRoles)) {
    list(other.rules).forEach((rule, index) => {
      const text = JSON.stringify(rule);
      if (known.has(text)) return;
      known.add(text);
      rules.push({ rule, from: other.metadata.name, path: `/rules/${index}` });
    });
  }
  return rules;
}

/** Those that a role collects from, and those that these collect from; itself never. */
function collected(role, clusterRoles) {
  const found = new Set();
  for (const open = [role]; open.length > 0; ) {
    const selectors = list(open.pop().aggregationRule?.clusterRoleSelectors);
    for (const other of clusterRoles) {
      const isNew = other.metadata?.name !== role.metadata?.name && !found.has(other);
      if (isNew && selectors.some((selector) => selects(selector, other.metadata?.labels ?? {}))) {
        found.add(other);
        open.push(other);
      }
    }
  }
  return clusterRoles.filter((other) => found.has(other));
}

/** All that a selector asks for must hold; one that asks for nothing selects everything. */
function selects(selector, labels) {
  return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => has(labels, key) && labels[key] === value) &&
    list(selector?.matchExpressions).every((expression) => holds(expression ?? {}, labels));
}

function holds({ key, operator, values }, labels) {
  const among = has(labels, key) && list(values).includes(labels[key]);
  switch (operator) {
    case "In": return among;
    case "NotIn": return !among;
    case "Exists": return has(labels, key);
    case "DoesNotExist": return !has(labels, key);
    // the controller gives up on it
    default: return false;
  }
}

/** What is no list has nothing in it; that it should be one is a finding of the policy. */
export function list(value) {
  return Array.isArray(value) ? value : [];
}

function has(labels, key) {
  return Object.hasOwn(labels, key);
}
