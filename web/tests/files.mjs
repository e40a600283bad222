// What is opened: several files as one input, and what cannot be read told as that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { input, page, summary } from "./browser.mjs";

const open = (page, files) => page.getByLabel("Open a file").setInputFiles(
  Object.entries(files).map(([name, content]) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) })));
const RBAC = "apiVersion: rbac.authorization.k8s.io/v1\n";
const ROLE = `${RBAC}kind: ClusterRole\nmetadata: {name: shell}\nrules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]`;
const binding = (name) => `${RBAC}kind: ClusterRoleBinding\nmetadata: {name: ${name}}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name}}\nsubjects: [{kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}]\n`;

test("several files are one input, and a binding may name what is in another", () =>
  page(async (page) => {
    await open(page, { "roles.yaml": ROLE, "bindings.yaml": `${binding("shell")}---\n${binding("gone")}` });
    await summary(page, "in 3 objects");
    await page.getByRole("region", { name: "Everywhere" }).getByRole("rowheader", { name: "Group/ops" }).waitFor();
    assert.match(await input(page).innerText(), /# roles.yaml[^]*# bindings.yaml/);
    await page.getByText("Bound, but not in the input (1)").click();
    await page.getByText("ClusterRoleBinding gone → ClusterRole gone, to Group/ops").waitFor();
  }));

test("what cannot be read is told", () =>
  page(async (page) => {
    await open(page, { "latin.yaml": Buffer.from("kind: Pod # caf\u00e9", "latin1") });
    await summary(page, "latin.yaml: a byte that is not UTF-8");
    await open(page, { "log.zst": Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]) });
    await summary(page, "packed with zstd");
    await open(page, { "a.gz": Buffer.from([0x1f, 0x8b, 8, 0]), "b.yaml": "a: 1" });
    await summary(page, "open them one by one");
  }));
