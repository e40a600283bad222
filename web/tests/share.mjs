// What leaves the page by the hands of those who use it: policies, corrected versions, links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { named, page, replace, serious } from "./browser.mjs";

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
const settings = (page) => page.getByRole("textbox", { name: "Settings" });
const exporting = (page) => page.getByRole("button", { name: "Copy as ClusterAdmissionPolicy" });

test("settings are copied as a policy", () =>
  page(async (page) => {
    await replace(page, settings(page), "---\nclusterContext: true\nexemptions:\n- namespaces: [a]\n  rules: [host-pid]\n  reason: \"$& and $$5\"");
    await exporting(page).click();
    await page.getByText("in mode monitor, it refuses nothing yet").waitFor();
    const { spec } = parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(spec.settings, { clusterContext: true, exemptions: [{ namespaces: ["a"], rules: ["host-pid"], reason: "$& and $$5" }] });
    assert.equal(spec.contextAwareResources.length, 4);
    await replace(page, settings(page), "hostAccess: {deny: bogus}");
    await exporting(page).click();
    await page.getByText("the settings have mistakes").waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /clusterContext/);
  }, clipboard));

test("what cannot be copied is there to be taken", () =>
  page(async (page) => {
    await exporting(page).click();
    const text = page.getByRole("textbox", { name: "does not let this page copy" });
    await text.waitFor();
    assert.match(await text.inputValue(), /^kind: ClusterAdmissionPolicy$/m);
    assert.equal(await page.evaluate(() => String(getSelection()).length), (await text.inputValue()).length);
    await serious(page);
    await page.getByRole("button", { name: "Close" }).click();
    await text.waitFor({ state: "hidden" });
    await page.locator("summary", { hasText: "Corrected" }).click();
    await page.getByRole("button", { name: "Copy the corrected Deployment" }).click();
    assert.match(await text.inputValue(), /emptyDir/);
    await page.keyboard.press("Escape");
    await text.waitFor({ state: "hidden" });
  }, { get url() { return named(); } }));
