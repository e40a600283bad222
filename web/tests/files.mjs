// What is opened: several files as one input, and what cannot be read told as that.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import { input, page, project, summary } from "./browser.mjs";

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
    await open(page, { "a.gz": Buffer.from([0x1f, 0x8b, 8, 0]), "b.yaml": ROLE });
    await summary(page, "1 finding in 1 object or request, 1 place that cannot be read");
    await page.locator("article", { hasText: "Cannot be read" }).getByText("a.gz").waitFor();
    await page.locator("article", { hasText: "ClusterRole shell" }).getByText("b.yaml, line 1").first().waitFor();
  }));

const log = readFileSync(join(project, "e2e-tests/audit/audit.jsonl"), "utf8");

test("a rotated log is read in its order, each event with its line in its file", () =>
  page(async (page) => {
    await open(page, { "audit.log": log });
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    const told = async () => [await page.locator("#summary").textContent(), await page.locator("article h3").allTextContents()];
    const one = await told();
    const lines = log.trimEnd().split("\n");
    const part = (from, to) => lines.slice(from, to).join("\n") + "\n";
    const half = Math.floor(lines.length / 2);
    // two members, and no line feed at the end of the first file
    const second = Buffer.concat([gzipSync(part(half, half + 3)), gzipSync(part(half + 3))]);
    await open(page, { "audit.log": second, "audit.log.1": part(0, half).trimEnd() });
    await page.getByText("audit.log.1, line").first().waitFor();
    assert.deepEqual(await told(), one);
    await page.getByText("audit.log, line").first().waitFor();
    // in the order that they have, several logs of a few lines
    await open(page, { "a.log": part(0, half), "b.log": part(half) });
    await page.getByText("b.log, line").first().waitFor();
    assert.deepEqual(await told(), one);
  }));

test("of what is packed and cut short all is judged that is there", () =>
  page(async (page) => {
    const packed = gzipSync(log);
    await open(page, { "audit.log.gz": packed.subarray(0, packed.length / 2) });
    // the event that was cut, and the file
    await summary(page, "2 places that cannot be read");
    await page.locator("article", { hasText: "Cannot be read" }).getByText("cut short").waitFor();
    assert.ok((await page.locator("article").count()) > 5);
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6] ^= 1;
    await open(page, { "audit.log.gz": damaged });
    await page.getByText("not as gzip packs: incorrect data check").waitFor();
    assert.ok((await page.locator("article").count()) > 20);
  }));

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostPID: true}\n---\n";

test("what is pasted or linked and too large for the editor is read as a file", () =>
  page(async (page) => {
    await page.evaluate((text) => navigator.clipboard.writeText(text), POD.repeat(20_000));
    await input(page).click();
    await page.keyboard.press("Control+V");
    await summary(page, "20,000 findings in 20,000 objects");
    assert.match(await input(page).innerText(), /^# what was pasted: 1\.\d MB, read without being shown/);
    const link = (text) => "#" + deflateRawSync(JSON.stringify({ input: text, settings: "" })).toString("base64url");
    await page.evaluate((hash) => (location.hash = hash), link(POD.repeat(19_000)));
    await summary(page, "19,000 findings in 19,000 objects");
    assert.match(await input(page).innerText(), /^# what the link has: /);
    await page.evaluate((hash) => (location.hash = hash), link(" ".repeat(70 << 20)));
    await summary(page, "the link cannot be read");
  }, { permissions: ["clipboard-read", "clipboard-write"] }));
