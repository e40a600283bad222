// Who can write pods by the roles and bindings of an input: role, binding, subject. What a role
// grants is the policy's to say; here its answers are only joined with the bindings.
import { effective, list } from "./aggregation.js";
import { rank } from "./severities.js";

export const ABILITIES = ["create", "modify", "delete", "scale", "status", "storage", "exec"];

/** A row for each role and binding that give an ability, the worst first, and at the end for each
    binding of a role that is `missing`: nobody can say what that gives. */
export function picture(objects, inspect) {
  const roles = new Map();
  for (const object of objects) {
    if (!isRole(object.kind)) continue;
    roles.set(key(object.kind, namespaceOf(object), object.metadata?.name), object);
  }
  const clusterRoles = [...roles.values()].filter(({ kind }) => kind === "ClusterRole");
  const known = new Map();
  const granted = (role, namespace) => {
    const at = key(role.kind, namespace, role.metadata?.name);
    if (!known.has(at)) known.set(at, abilities(role, effective(role, clusterRoles), namespace, inspect));
    return known.get(at);
  };
  const rows = [];
  for (const { kind, metadata, roleRef, ...rest } of objects) {
    if (isRole(kind) || !roleRef) continue;
    const subjects = list(rest.subjects).filter(Boolean);
    const namespace = namespaceOf({ kind, metadata });
    const shown = {
      role: `${roleRef.kind} ${roleRef.name}`,
      binding: `${kind} ${metadata?.name}`,
      subjects: subjects.map((subject) =>
        [subject.kind, subject.namespace, subject.name].filter(Boolean).join("/")),
      namespace,
    };
    const role = roles.get(key(roleRef.kind, roleRef.kind === "Role" ? namespace : null, roleRef.name));
    if (!role) {
      if (roleRef.name) rows.push({ ...shown, given: {}, missing: true, rank: Infinity });
      continue;
    }
    let given = granted(role, namespace);
    if (subjects.some(isEverybody)) given = worst(given);
    if (Object.keys(given).length === 0) continue;
    rows.push({
      ...shown,
      given,
      rank: Math.min(...Object.values(given).map(({ severity }) => rank(severity))),
    });
  }
  const text = (row) => [row.role, row.binding].join();
  return rows.sort((one, other) =>
    one.rank - other.rank ||
    Object.keys(other.given).length - Object.keys(one.given).length ||
    (text(one) < text(other) ? -1 : 1));
}

/** What a role grants everywhere or, bound in a namespace, there: then as a role of it. */
function abilities(role, rules, namespace, inspect) {
  const kind = namespace === null ? "ClusterRole" : "Role";
  const metadata = { ...role.metadata, namespace: namespace ?? undefined };
  const { findings } = inspect({
    operation: "CREATE",
    kind: { group: "rbac.authorization.k8s.io", version: "v1", kind },
    userInfo: { username: "bulkhead" },
    name: metadata.name,
    namespace: namespace ?? undefined,
    object: { ...role, kind, metadata, rules: rules.map(({ rule }) => rule), aggregationRule: undefined },
  });
  // a rule that is collected stands in the role that it is from
  const standing = (grant) => {
    const [, index, rest] = /^\/rules\/(\d+)(.*)$/.exec(grant.path) ?? [];
    const { from, path } = rules[index] ?? {};
    return from === undefined ? grant : { ...grant, path: path + rest, from };
  };
  const given = {};
  for (const { rule, severity, grants } of findings) {
    const ability = ABILITIES.find((ability) => rule === `pod-${ability}`);
    if (ability && !given[ability]) given[ability] = { severity, grants: grants.map(standing) };
  }
  return given;
}

/** Whether a subject is more than anybody decided on. In such hands any ability is critical, as in
    `bulkhead rbac`. */
function isEverybody({ kind, name }) {
  if (kind === "User") return name === "system:anonymous";
  if (kind === "ServiceAccount") return name === "default";
  return /^system:(un)?authenticated$|^system:serviceaccounts(:|$)/.test(name);
}

function worst(given) {
  return Object.fromEntries(Object.entries(given).map(([ability, { grants }]) => [ability, { severity: "critical", grants }]));
}

/** None of what is of the whole cluster. */
function namespaceOf({ kind, metadata }) {
  return kind === "Role" || kind === "RoleBinding" ? metadata?.namespace ?? "default" : null;
}

function isRole(kind) {
  return kind === "Role" || kind === "ClusterRole";
}

function key(kind, namespace, name) {
  return [kind, namespace ?? "", name].join("/");
}
