// What ends a finding, by what Kubernetes takes: its part is removed, or replaced where an object
// without it would not be one. What has to be chosen by somebody stays.

/** What goes when it is empty; anything else that is left empty may be required. */
const OPTIONAL = new Set([
  "add", "annotations", "appArmorProfile", "capabilities", "labels", "seLinuxOptions",
  "securityContext", "seccompProfile", "sysctls", "volumeDevices", "windowsOptions",
]);

/** By rule; the others' findings end when their part is removed. */
const CURES = {
  "host-path": volume,
  "git-repo": volume,
  "seccomp-unconfined": (edit, { path }) => edit.set(path, "RuntimeDefault"),
  "apparmor-unconfined": (edit, { path }) =>
    edit.set(path, path.endsWith("/type") ? "RuntimeDefault" : "runtime/default"),
  // a binding without its role is none
  "pod-write-binding": (edit, finding) => finding.path !== "/roleRef" && removed(edit, finding),
  // a volume is nothing without its source
  "persistent-volume": () => false,
  // what was meant is not known
  unreadable: () => false,
};

/** Edits an object so that findings in it end, where that can be had. What it tells are remarks. */
export function cure(edit, findings) {
  const granted = findings.flatMap(({ grants = [] }) => grants);
  const remarks = narrowed(edit, granted);
  for (const finding of findings) {
    // a role that gives nothing any more may become part of another
    if (finding.grants || (granted.length > 0 && finding.rule === "aggregation")) continue;
    remarks.push((CURES[finding.rule] ?? removed)(edit, finding));
  }
  return remarks.filter((remark) => typeof remark === "string");
}

function removed(edit, { path }) {
  return path !== "" && edit.remove(path, goes);
}

/** An empty directory: so that what mounts the volume, wherever that stands, still finds it. */
function volume(edit, { path }) {
  return /\/volumes\/\d+\/(hostPath|gitRepo)$/.test(path) && edit.replace(path, "emptyDir", "{}") &&
    "An empty directory takes the place of each volume that was found, so that its mounts stay valid: put there what the workload needs.";
}

/**
 * Takes what rules grant out of them. A verb goes for all the resources in which something was
 * found, for a rule does not tell them apart; it is said that it does.
 */
function narrowed(edit, grants) {
  const ruleOf = ({ path }) => path.split("/").slice(0, 3).join("/");
  return [...new Set(grants.map(ruleOf))].flatMap((pointer) => {
    const places = grants.filter((grant) => ruleOf(grant) === pointer);
    const rule = edit.data(pointer);
    const paths = new Set(places.map(({ path }) => path));
    const given = new Set(places.flatMap(({ verbs }) => verbs));
    const kept = rule?.verbs?.filter((verb) => !given.has(verb)) ?? [];
    const resources = rule?.resources?.filter((_, index) => paths.has(`${pointer}/resources/${index}`)) ?? [];
    const shared = rule?.resources?.length > 1 && rule.verbs?.length > 1 &&
      "A rule loses verbs for several of its resources at once: give back what is needed of those that were not found.";
    if (kept.length > 0 && resources.length === rule.resources.length) {
      rule.verbs.forEach((verb, index) => given.has(verb) && edit.remove(`${pointer}/verbs/${index}`, goes));
      return shared;
    }
    for (const path of paths) edit.remove(path, goes);
    if (kept.length > 0 && resources.length > 0) edit.add(pointer, { ...rule, resources, verbs: kept });
    const all = given.has("*") || places.some(({ resource }) => resource.includes("*"));
    return [shared, all && "A `*` goes with all that it gives: name in its place what is needed."];
  });
}

/** What goes when this is left empty: a rule with it, as the API server refuses it without. */
function goes(pointer) {
  const [, rule] = /^(\/rules\/\d+)\/[^/]+$/.exec(pointer) ?? [];
  return rule ?? (OPTIONAL.has(pointer.slice(pointer.lastIndexOf("/") + 1)) ? pointer : undefined);
}
