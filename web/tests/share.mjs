// What leaves the page by the hands of those who use it: policies, corrected versions, links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { input, named, page, replace, serious, summary, until } from "./browser.mjs";

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

test("a link is followed, also into an open page, and one that cannot be read is told", () =>
  page(async (page) => {
    await replace(page, input(page), "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}");
    await page.getByLabel("Preset").selectOption("protect");
    await summary(page, "1 finding in 1");
    await page.getByRole("button", { name: "Copy link" }).click();
    await until(async () => new URL(page.url()).hash.length > 20);
    const link = page.url();
    await page.getByRole("combobox", { name: "Example" }).selectOption("Roles that write pods");
    await page.getByRole("heading", { name: "Who can write pods" }).waitFor();
    await page.evaluate(() => (location.hash = "#nonsense"));
    await summary(page, "the link cannot be read");
    await page.goto(link);
    await summary(page, "1 finding in 1");
    assert.equal(await page.getByLabel("Preset").inputValue(), "protect");
    const other = await page.context().newPage();
    await other.goto(link.slice(0, -4));
    await summary(other, "the link cannot be read");
    assert.equal((await input(other).innerText()).trim(), "");
  }, clipboard));

test("the preset is the one whose settings these are", () =>
  page(async (page) => {
    const preset = page.getByLabel("Preset");
    await preset.selectOption("protect");
    await settings(page).click();
    await page.keyboard.type("#");
    await until(async () => (await preset.inputValue()) === "own");
    await page.keyboard.press("Control+Z");
    await until(async () => (await preset.inputValue()) === "protect");
    await page.keyboard.press("Control+Z");
    await until(async () => (await preset.inputValue()) === "default");
  }, clipboard));
