// The page with more than it can keep or show, in a real browser, by real input.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, page, recorded, summary } from "./browser.mjs";

test("what cannot be judged hides nothing that is found behind it", async () => {
  const path = join(folder, "skipped.jsonl");
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "evil" }, spec: { hostPID: true } };
  writeFileSync(path, `${'{"a":1}\n'.repeat(2_100)}${JSON.stringify(pod)}\n`);
  await page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(path);
    await summary(page, "1 finding in 1 object or request, 1 denied");
    await page.getByRole("heading", { name: "Pod evil" }).waitFor();
    await page.getByText("and 300 more that are no Kubernetes objects: filter to see them").waitFor();
    await page.getByText("and 1,600 things that are no Kubernetes objects, which are counted and not kept").waitFor();
  });
});

test("what is cancelled or fails leaves nothing of what was there before", async () => {
  const large = join(folder, "cancelled.log");
  writeFileSync(large, recorded(30e6));
  const broken = join(folder, "broken.gz");
  writeFileSync(broken, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
  await page(async (page) => {
    const nothing = async () => {
      assert.equal(await page.locator("article").count(), 0);
      assert.equal(await page.locator("#source .found").count(), 0);
    };
    await page.getByLabel("Open a file").setInputFiles(large);
    await page.getByRole("button", { name: "Cancel" }).click();
    await summary(page, "cancelled");
    await nothing();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Findings");
    await page.getByLabel("Severity").selectOption("critical");
    assert.equal(await page.locator("#summary").textContent(), "cancelled");
    // it is not read again, and mistakes in settings are still told
    await page.getByRole("textbox", { name: "Settings" }).click();
    await page.keyboard.type("onUpdat: all");
    await page.getByRole("button", { name: /unknown key/ }).waitFor();
    assert.equal(await page.locator("#summary").textContent(), "cancelled");
    await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
    await page.getByRole("heading", { name: "Who can write pods" }).waitFor();
    await page.getByLabel("Severity").selectOption("");
    await page.getByLabel("Open a file").setInputFiles(broken);
    await summary(page, "0 findings in 0 objects and requests, 1 place that cannot be read");
    await page.locator("article", { hasText: "Cannot be read" }).getByText("cut short").waitFor();
    assert.equal(await page.locator("article").count(), 1);
    assert.equal(await page.getByRole("heading", { name: "Who can write pods" }).count(), 0);
  });
});
