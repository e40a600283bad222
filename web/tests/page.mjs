// The page, web/page/dist, in a real browser, by real input. Writes pictures into the folder
// PICTURES, if there is one.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { asked, file, folder, input, page, project, recorded, replace, serious, summary, until } from "./browser.mjs";

const pictures = process.env.PICTURES;

test("a mistake is seen where it stands, and is gone once it is fixed", () =>
  page(async (page) => {
    await replace(page, input(page), "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: true\n  hostIPC: true");
    await summary(page, "2 findings in 1 object or request, 1 denied");
    assert.deepEqual(await page.locator(".found").allTextContents(), ["hostPID: true", "hostIPC: true"]);
    await page.getByRole("button", { name: /host-pid/ }).click();
    assert.equal(await page.evaluate(() => String(document.querySelector("#source").shadowRoot.getSelection?.() ?? getSelection())), "hostPID: true");
    await page.locator("summary", { hasText: "sees every process" }).click();
    await page.getByText(/remove hostPID: true/).waitFor();
    await page.getByRole("button", { name: /host-pid/ }).click();
    await page.keyboard.press("Delete");
    await summary(page, "1 finding in 1");
    assert.equal(await page.getByRole("button", { name: /host-pid/ }).count(), 0);
  }));

test("a corrected version is shown, copied and applied, and nothing is found any more", () =>
  page(async (page) => {
    const example = await page.locator("#source .cm-content").innerText();
    const chosen = page.getByRole("combobox", { name: "Example" });
    assert.equal(await chosen.inputValue(), "A workload that reaches its node");
    await page.locator("summary", { hasText: "Corrected" }).click();
    await page.getByText("Nothing is found in it any more").waitFor();
    const changes = page.getByRole("region", { name: "What changes in Deployment team-a/metrics" });
    assert.deepEqual(await changes.locator("del").allTextContents(), [
      "-      hostPID: true", "-        securityContext:", "-          capabilities:",
      "-            add: [SYS_PTRACE]", "-        hostPath: {path: /}",
    ]);
    assert.deepEqual(await changes.locator("ins").allTextContents(), ["+        emptyDir: {}"]);
    await serious(page);
    await page.getByRole("button", { name: "Apply to the input" }).scrollIntoViewIfNeeded();
    if (pictures) await page.screenshot({ path: join(pictures, "corrected.png") });
    await page.getByRole("button", { name: "Copy the corrected Deployment" }).click();
    await page.getByText("the corrected version is in the clipboard").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^apiVersion: apps\/v1\n/);
    assert.doesNotMatch(copied, /hostP|SYS_PTRACE/);
    await page.getByRole("button", { name: "Apply to the input" }).focus();
    await page.keyboard.press("Enter");
    await summary(page, "0 findings in 1 object");
    assert.equal(await chosen.inputValue(), "");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Findings");
    assert.equal((await page.locator("#source .cm-content").innerText()).trimEnd(), copied.trimEnd());
    await input(page).click();
    await page.keyboard.press("Control+Z");
    await summary(page, "3 findings");
    assert.equal(await page.locator("#source .cm-content").innerText(), example);
  }, { permissions: ["clipboard-read", "clipboard-write"] }));

test("what a corrected version cannot decide is told, and others stay as they are", () =>
  page(async (page) => {
    const volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}\nspec: {hostPath: {path: /}}\n";
    await replace(page, input(page), `${volume}---\n{"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": true, "hostUsers": true}}`);
    await summary(page, "2 findings in 2");
    const first = page.locator("article", { hasText: "PersistentVolume disk" });
    await first.getByText("Corrected").click();
    await first.getByText("Nothing can be taken away: 1 finding needs a decision").waitFor();
    await first.getByText(/persistent-volume \/spec\/hostPath: use a storage driver/).waitFor();
    assert.equal(await first.getByRole("button", { name: "Apply" }).count(), 0);
    const second = page.locator("article", { hasText: "host-pid" });
    await second.getByText("Corrected").click();
    await second.locator(".diff .meta", { hasText: "line 6" }).waitFor();
    await second.getByRole("button", { name: "Apply" }).click();
    await summary(page, "1 finding in 2");
    assert.equal((await page.locator("#source .cm-content").innerText()).trimEnd(),
      `${volume}---\n{"apiVersion": "v1", "kind": "Pod", "spec": {"hostUsers": true}}`);
  }));

test("nothing is asked of anybody, from a server or from a file", async () => {
  await page(async () => assert.deepEqual(asked, ["/"]));
  await page(async (page) => {
    await page.getByRole("button", { name: /host-path/ }).waitFor();
    const answer = await page.evaluate(() => fetch("data:,x").then(() => "fetched", () => "refused"));
    assert.equal(answer, "refused");
  }, { url: pathToFileURL(file).href }).catch((error) => {
    // the refusal itself is told on the console
    assert.match(error.message, /Content Security Policy/);
  });
});

test("settings are judged with, and their mistakes have a place", () =>
  page(async (page) => {
    const settings = page.getByRole("textbox", { name: "Settings" });
    await replace(page, settings, "rules:\n  host-pid: {action: off}");
    await page.locator("#findings", { hasNotText: "host-pid" }).waitFor();
    await replace(page, settings, "onUpdate: all\nrules:\n  host-foo: {}\nhost-bar: 1");
    await page.getByRole("button", { name: /line 3: rules: unknown key `host-foo`/ }).click();
    assert.deepEqual(await page.locator("#settings .found").allTextContents(), ["host-foo: {}", "host-bar: 1"]);
    await summary(page, "judged with the default settings, as there are mistakes in yours");
    await replace(page, settings, "---\n\nrules: {\"a/b\": {}}\nhostAccess: {deny: bogus}");
    await page.getByRole("button", { name: /line 3: rules: unknown key `a\/b`/ }).waitFor();
    await page.getByRole("button", { name: /line 4: hostAccess.deny: `bogus`/ }).waitFor();
    await page.getByLabel("Preset").selectOption("protect");
    await page.locator("#mistakes li").first().waitFor({ state: "detached" });
    await page.locator("#summary", { hasNotText: "default settings" }).waitFor();
  }));

test("filters narrow, and a link carries everything", () =>
  page(async (page) => {
    await replace(page, input(page), "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: one}\nspec: {hostPID: true}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: two}\nspec: {hostIPC: true}");
    await summary(page, "2 findings");
    await page.getByLabel("Namespace").selectOption("two");
    await summary(page, "1 finding in");
    await page.getByLabel("Severity").selectOption("high");
    await summary(page, "0 findings");
    await page.getByRole("button", { name: "Copy link" }).click();
    await until(async () => new URL(page.url()).hash.length > 20);
    const link = page.url();
    const other = await page.context().newPage();
    await other.goto(link);
    await other.locator("#summary", { hasText: "2 findings" }).waitFor();
    assert.match(await other.locator("#source .cm-content").innerText(), /hostIPC/);
  }));

test("a recorded audit log is a timeline, with who and how it ended", () =>
  page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(join(project, "e2e-tests/audit/audit.jsonl"));
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    const dots = page.locator(".strip button");
    const count = await dots.count();
    assert.ok(count > 5, `${count}`);
    await summary(page, `${count} incidents`);
    assert.equal(await page.locator("article", { hasText: "incident " }).count(), count);
    // as the command tells it
    const one = page.locator("article", { hasText: "incident 8d19c82ad260ca39" });
    await one.getByRole("heading", { name: "Deployment psa/k-deploy-hostpath" }).waitFor();
    const events = one.getByRole("region", { name: "What was done" }).getByRole("listitem");
    assert.equal(await events.count(), 3);
    const names = await events.locator("div span").allTextContents();
    assert.deepEqual(names.map((name) => name.split(" ")[0]), ["Deployment", "ReplicaSet", "Pod"]);
    assert.equal(await one.locator(".finding").count(), 1);
    // what became of it, and apart from that what the policy would have done
    assert.equal(await one.locator(".verdict").textContent(), "created, 1 of 3 times refused");
    await summary(page, "26 that the policy would deny");
    const tried = page.locator("article", { hasText: "ClusterRoleBinding dave-admin" });
    assert.equal(await tried.locator(".verdict").textContent(), "refused by the escalation check");
    await tried.getByText("the policy would warn").waitFor();
    if (pictures) await page.screenshot({ path: join(pictures, "audit.png") });
    await page.getByRole("button", { name: "Zoom in" }).click();
    assert.ok((await dots.count()) <= count);
    await page.getByRole("button", { name: "Zoom out" }).click();
    await until(async () => (await dots.count()) === count);
    // by keyboard, and what is being read stays open; at an end it moves no farther, and shows as much
    const why = one.locator(".finding details").first();
    await why.locator("summary").click();
    await page.getByRole("button", { name: "Zoom in" }).focus();
    for (const key of ["Enter", "Enter"]) await page.keyboard.press(key);
    await page.locator("[aria-label='Zoom in']:focus").waitFor();
    const length = async () => {
      const [, from, to] = /([-\d]+ [:\d]+) to ([-\d]+ [:\d]+) UTC/.exec(await page.locator("#timeline").textContent());
      return Date.parse(`${to}Z`) - Date.parse(`${from}Z`);
    };
    const shown = await length();
    await page.getByRole("button", { name: "Earlier" }).focus();
    for (let press = 0; press < 9; press++) await page.keyboard.press("Enter");
    assert.ok(Math.abs((await length()) - shown) <= 1_000, `${shown}, ${await length()}`);
    assert.equal(await why.evaluate(({ open }) => open), true);
    await page.getByRole("button", { name: "Zoom out" }).focus();
    for (const key of ["Enter", "Enter", "Enter"]) await page.keyboard.press(key);
    await page.getByRole("button", { name: /Deployment psa\/k-deploy-hostpath by mallory: created, 1 of 3 times refused, 3 events/ }).focus();
    await page.keyboard.press("Enter");
    await one.locator("button:focus").waitFor();
    await serious(page);
    await one.getByText("The request").last().click();
    await one.getByText('"subresource"').or(one.getByText('"kind": "Pod"')).first().waitFor();
  }));

test("a log of 50 MB keeps the page responsive, and can be cancelled", async () => {
  const large = join(folder, "large.log");
  writeFileSync(large, recorded(50e6));
  await page(async (page) => {
    const progress = page.getByRole("progressbar");
    const dark = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.getByLabel("Open a file").setInputFiles(large);
    await page.getByRole("button", { name: "Cancel" }).click();
    await summary(page, "cancelled");
    await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
    await page.getByRole("heading", { name: "Who can write pods" }).waitFor();
    await page.getByLabel("Open a file").setInputFiles(large);
    await progress.waitFor();
    // the page answers while the worker is still at it
    const before = await dark();
    await page.locator("#theme").click();
    assert.notEqual(await dark(), before);
    const settings = page.getByRole("textbox", { name: "Settings" });
    await settings.click();
    await page.keyboard.type("# seen");
    assert.match(await settings.innerText(), /# seen/);
    const read = await progress.evaluate(({ value }) => value);
    await until(async () => (await progress.evaluate(({ value }) => value)) > read);
    assert.ok(await progress.isVisible());
    await page.getByRole("heading", { name: "Timeline" }).waitFor({ timeout: 120_000 });
    await summary(page, "incidents");
  });
});

test("what is not shown leads to its request", async () => {
  const large = join(folder, "small.log");
  writeFileSync(large, recorded(1.1e6));
  await page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(large);
    const one = page.locator("article", { hasText: "incident 8d19c82ad260ca39" });
    await one.getByRole("button", { name: /host-path/ }).focus();
    await page.keyboard.press("Enter");
    const request = one.locator("pre:focus");
    await request.filter({ hasText: '"kind": "Deployment"' }).waitFor();
    assert.equal(await one.locator("details.request[open]").count(), 1);
    const last = one.getByRole("listitem").filter({ hasText: "ReplicaSet" }).last();
    await last.getByRole("button", { name: /^line/ }).click();
    await last.locator("pre:focus").filter({ hasText: '"kind": "ReplicaSet"' }).waitFor();
  });
});

test("roles, bindings and subjects are a picture of who can write pods", () =>
  page(async (page) => {
    await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
    const everywhere = page.getByRole("region", { name: "Everywhere" });
    await everywhere.getByRole("rowheader", { name: "ServiceAccount/ci/deployer" }).waitFor();
    const there = page.getByRole("region", { name: "In a namespace" });
    await there.getByText("payments: RoleBinding debug").waitFor();
    await everywhere.getByRole("row", { name: /ServiceAccount/ }).getByRole("button").last().click();
    await page.getByText("/rules/1/resources/0: create pods/exec").waitFor();
    await page.getByLabel("Search", { exact: true }).fill("on-call");
    await everywhere.waitFor({ state: "detached" });
  }));

test("the rule behind a cell stays told as long as its row is shown", () =>
  page(async (page) => {
    await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
    const there = page.getByRole("region", { name: "In a namespace" });
    const cell = there.getByRole("button").first();
    const name = await cell.getAttribute("aria-label");
    await cell.click();
    const told = there.getByRole("status");
    const text = await told.textContent();
    const search = page.getByLabel("Search", { exact: true });
    await search.pressSequentially("payments");
    await page.getByRole("region", { name: "Everywhere" }).waitFor({ state: "detached" });
    assert.equal(await told.textContent(), text);
    await page.getByLabel("Severity").selectOption("critical");
    const settings = page.getByRole("textbox", { name: "Settings" });
    await settings.click();
    const before = await told.elementHandle();
    await page.keyboard.insertText("podWrite: {deny: never}");
    // drawn anew
    await before.waitForElementState("hidden");
    assert.equal(await told.textContent(), text);
    assert.equal(await there.locator("[aria-expanded=true]").getAttribute("aria-label"), name);
    // closed by people, it stays closed; gone with its row, it does not come back
    await there.getByRole("button", { name, exact: true }).click();
    await told.waitFor({ state: "detached" });
    await search.fill("");
    assert.equal(await told.count(), 0);
    await there.getByRole("button", { name, exact: true }).click();
    await told.waitFor();
    await search.fill("nothing of that name");
    await there.waitFor({ state: "detached" });
    await search.fill("");
    await there.waitFor();
    assert.equal(await told.count(), 0);
  }));

test("an aggregated role gives what it collects", () =>
  page(async (page) => {
    const rbac = "apiVersion: rbac.authorization.k8s.io/v1";
    await replace(page, input(page), [
      `${rbac}\nkind: ClusterRole\nmetadata: {name: support}\naggregationRule:\n  clusterRoleSelectors:\n  - matchLabels: {team: none}\n  - matchExpressions: [{key: team, operator: In, values: [support]}]`,
      `${rbac}\nkind: ClusterRole\nmetadata: {name: shells, labels: {team: support}}\nrules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]`,
      `${rbac}\nkind: ClusterRoleBinding\nmetadata: {name: support}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: support}\nsubjects: [{kind: Group, name: support, apiGroup: rbac.authorization.k8s.io}]`,
    ].join("\n---\n"));
    const row = page.getByRole("region", { name: "Everywhere" }).getByRole("row", { name: /Group\/support/ });
    await row.getByRole("button").click();
    await page.getByText("/rules/0/resources/0 of shells: create pods/exec").waitFor();
    // as the command says it
    const shells = page.locator("article", { hasText: "ClusterRole shells" });
    assert.equal(await shells.locator(".verdict").textContent(), "allowed with a warning");
  }));

test("what is dropped or pasted is judged: the recorded roles of a cluster", () =>
  page(async (page) => {
    const snapshot = readFileSync(join(project, "replay/tests/recorded-rbac.jsonl"), "utf8");
    const data = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "cluster.jsonl"));
      return data;
    }, snapshot);
    await page.locator("#source").dispatchEvent("dragenter", { dataTransfer: data });
    await page.locator("#source").dispatchEvent("drop", { dataTransfer: data });
    const everywhere = page.getByRole("region", { name: "Everywhere" });
    const worst = everywhere.getByRole("row").nth(1);
    await worst.getByText("ClusterRole cluster-admin").waitFor();
    assert.equal(await worst.getByRole("button", { name: "critical" }).count(), 7);
    const create = worst.getByRole("button", { name: /^create: critical, .* by ClusterRole cluster-admin$/ });
    await create.click();
    assert.equal(await create.getAttribute("aria-expanded"), "true");
    const told = page.getByRole("status").filter({ hasText: /^ClusterRole cluster-admin lets .* create: \/rules\/0/ });
    const { y } = await told.boundingBox();
    assert.ok(y > 0 && y < 880, `${y}`);
    assert.ok(await everywhere.evaluate((at) => at.scrollWidth <= at.clientWidth), "all seven are in sight");
    await page.getByLabel("Severity").selectOption("high");
    await summary(page, "findings");
    assert.ok(await told.isVisible());
    await create.click();
    await told.waitFor({ state: "detached" });
    await page.getByLabel("Search", { exact: true }).fill("system:serviceaccounts");
    const all = everywhere.getByRole("row", { name: /^Group\/system:serviceaccounts / });
    await all.waitFor();
    assert.equal(await all.getByRole("button", { name: "critical" }).count(), await all.getByRole("button").count());
    if (pictures) await page.screenshot({ path: join(pictures, "cluster.png") });
    await replace(page, input(page), "");
    await page.evaluate(() => navigator.clipboard.writeText("apiVersion: v1\nkind: Pod\nspec: {hostPID: true}"));
    await page.keyboard.press("Control+V");
    await summary(page, "1 finding in 1");
  }, { permissions: ["clipboard-read", "clipboard-write"] }));

test("everything can be reached by keyboard", () =>
  page(async (page) => {
    const reached = new Set();
    await page.keyboard.press("Tab");
    for (let step = 0; step < 60; step++) {
      const name = await page.evaluate(() => {
        let at = document.activeElement;
        if (at?.shadowRoot) at = at.shadowRoot.activeElement;
        return at?.id || at?.getAttribute("aria-label") || at?.getAttribute("name") || at?.textContent.slice(0, 20) || "";
      });
      reached.add(name);
      if (name === "Input" || name === "Settings") await page.keyboard.press("Escape");
      await page.keyboard.press("Tab");
    }
    for (const name of ["example", "file", "link", "theme", "Input", "preset", "export", "Settings", "alert", "severity", "namespace", "user"]) {
      assert.ok(reached.has(name), `${name} of ${[...reached].join(", ")}`);
    }
    assert.ok([...reached].some((name) => name.startsWith("critical host-path")), [...reached].join());
  }));

for (const [name, options] of Object.entries({
  "desktop-light": { colorScheme: "light" },
  "desktop-dark": { colorScheme: "dark" },
  "phone-light": { colorScheme: "light", viewport: { width: 390, height: 844 } },
  "phone-dark": { colorScheme: "dark", viewport: { width: 390, height: 844 } },
})) {
  test(`nothing serious stands in anybody's way: ${name}`, () =>
    page(async (page) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${width} pixels too wide`);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
      await serious(page);
      await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
      await page.getByRole("heading", { name: "Who can write pods" }).waitFor();
      await serious(page);
    }, options));
}
