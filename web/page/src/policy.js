// Settings as a ClusterAdmissionPolicy, with what has to stand beside them in its manifest.
import { Document, parseDocument } from "yaml";

/** What a policy that looks things up may ask for; deploy/context has the same, and the rights. */
const CONTEXT = [
  ["rbac.authorization.k8s.io/v1", "ClusterRole"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["v1", "PersistentVolume"],
  ["v1", "PersistentVolumeClaim"],
];

/** The manifest `template` with settings, letter by letter where they can stand in it like that.
    They are without mistakes. */
export function policy(template, settings) {
  const data = parseDocument(settings, { logLevel: "silent" }).toJS() ?? {};
  const part = Object.keys(data).length ? typed(settings, data) ?? written(data) : " {}\n";
  const context = data.clusterContext === true
    ? "  contextAwareResources: # and deploy/context has what the PolicyServer's account needs\n" +
      CONTEXT.map(([apiVersion, kind]) => `  - {apiVersion: ${apiVersion}, kind: ${kind}}\n`).join("")
    : "";
  const manifest = template
    .replace(/^ {2}mode: monitor$/m, "  mode: monitor # refuses nothing yet; protect refuses what the settings deny")
    // what is put there is no pattern, whatever it holds
    .replace(/^ {2}settings:.*\n/m, () => `  settings:${part}${context}`);
  return manifest.trimEnd() + "\n" + rules(template, data);
}

/** As they were typed, without the marks of a document; nothing where that says something else. */
function typed(settings, data) {
  const [text] = settings.split(/^\.\.\.(?=\s|$)/m);
  const lines = text.split("\n");
  const mark = lines.findIndex((line) => /^---(\s|$)/.test(line));
  const own = lines.flatMap((line, index) =>
    index < mark && line.startsWith("%") ? [] : index === mark ? line.slice(3).trimStart() || [] : line);
  const part = "\n" + own.join("\n").trimEnd().replace(/^(?=.)/gm, "    ") + "\n";
  const read = parseDocument(`settings:${part}rules: []\n`, { logLevel: "silent" });
  const same = read.errors.length === 0 && JSON.stringify(read.toJS().settings) === JSON.stringify(data);
  return same ? part : undefined;
}

function written(data) {
  return "\n" + new Document(data).toString({ lineWidth: 0 }).trimEnd().replace(/^(?=.)/gm, "    ") + "\n";
}

/** The rules without which the API server would never ask about custom kinds. A setting names the
    kind, a rule the resource, which is not always to be told by it. */
function rules(template, { podTemplates = [], podMakers = [] }) {
  const known = parseDocument(template).toJS().spec.rules.flatMap(({ apiGroups }) => apiGroups);
  const all = [...podTemplates, ...podMakers];
  const groups = [...new Set(all.map(({ group }) => group))].filter((group) => !known.includes(group));
  return groups.map((group) => {
    const of = (entries, key) => [...new Set(entries.filter((entry) => entry.group === group).map((entry) => entry[key]))];
    const kinds = of(podTemplates, "kind");
    const resources = kinds.length ? ["*"] : of(podMakers, "resource");
    const narrow = kinds.length ? ` # only the resource of ${kinds.join(", ")} is needed` : "";
    const list = resources.map((name) => JSON.stringify(name)).join(", ");
    return `  - {apiGroups: [${JSON.stringify(group)}], apiVersions: ["*"], resources: [${list}], operations: ["CREATE", "UPDATE"]}${narrow}\n`;
  }).join("");
}
