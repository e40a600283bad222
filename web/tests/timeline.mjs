// The timeline of a log, in a real browser, by real input.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, page, project, serious, summary, until } from "./browser.mjs";

const recorded = join(project, "e2e-tests/audit/audit.jsonl");
const BEGIN = Date.parse("2026-01-31T10:00:00Z");

/** A log of pods that people create, each at some milliseconds after the first. */
function log(name, pods) {
  const events = pods.map(({ name, at, spec, user = "bob" }, index) => JSON.stringify({
    kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: `id-${index}`,
    stage: "ResponseComplete", requestURI: "/api/v1/namespaces/team-a/pods", verb: "create",
    user: { username: user }, sourceIPs: ["10.0.0.9"],
    objectRef: { resource: "pods", namespace: "team-a", name, apiVersion: "v1" },
    responseStatus: { code: 201 },
    requestObject: { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "team-a" }, spec },
    requestReceivedTimestamp: new Date(BEGIN + at).toISOString(), stageTimestamp: new Date(BEGIN + at).toISOString(),
  }));
  const path = join(folder, name);
  writeFileSync(path, `${events.join("\n")}\n`);
  return path;
}

const MILD = { hostIPC: true };
const SEVERE = { hostPID: true, containers: [{ name: "c", securityContext: { privileged: true } }] };
/** So many in a minute, one in ten of them worse than the others. */
const many = (count) =>
  Array.from({ length: count }, (_, index) => ({ name: `p-${index}`, at: (60_000 * index) / count, spec: index % 10 ? MILD : SEVERE }));

const dots = (page) => page.locator(".strip .dot");
const counts = (page) => page.locator(".strip .count");

/** Which buttons of the strip are not what is hit at their centre, and what stands where. */
const covered = (page) => page.locator(".strip").evaluate((strip) => {
  strip.scrollIntoView({ block: "center" });
  const seen = new Set();
  return [...strip.querySelectorAll("button")].filter((button) => {
    const { x, y, width, height } = button.getBoundingClientRect();
    const centre = [x + width / 2, y + height / 2];
    const isNew = !seen.has(centre.join());
    seen.add(centre.join());
    return !isNew || document.elementFromPoint(...centre) !== button;
  }).map((button) => button.getAttribute("aria-label"));
});

/** How many incidents the strip tells of, and how many are said to be in its span. */
async function told(page) {
  const beyond = (await counts(page).allTextContents()).reduce((sum, text) => sum + Number(text.slice(1)), 0);
  const [, said] = /UTC, ([\d,]+) incident/.exec(await page.locator("#timeline").textContent());
  return { drawn: (await dots(page).count()) + beyond, said: Number(said.replace(",", "")) };
}

for (const [width, height] of [[1280, 900], [390, 844]]) {
  test(`every dot of a recorded log can be seen and hit, ${width} pixels wide`, () =>
    page(async (page) => {
      await page.getByLabel("Open a file").setInputFiles(recorded);
      await page.getByRole("heading", { name: "Timeline" }).waitFor();
      assert.deepEqual(await covered(page), []);
      const { drawn, said } = await told(page);
      assert.equal(drawn, said);
      assert.ok(said > 30, `${said}`);
      // the worst of a place stands lowest
      const places = await dots(page).evaluateAll((dots) => dots.map((dot) => [dot.style.left, parseFloat(dot.style.bottom), dot.className]));
      const severities = ["critical", "high", "medium", "low"];
      for (const [left, bottom, name] of places) {
        for (const [, , above] of places.filter(([other, higher]) => other === left && higher > bottom)) {
          const rank = (name) => severities.findIndex((severity) => name.includes(severity));
          assert.ok(rank(name) <= rank(above), `${above} stands on ${name}`);
        }
      }
    }, { viewport: { width, height } }));

  test(`300 incidents of a minute are all told, ${width} pixels wide`, () =>
    page(async (page) => {
      await page.getByLabel("Open a file").setInputFiles(log("minute.log", many(300)));
      await summary(page, "300 incidents");
      assert.deepEqual(await covered(page), []);
      assert.deepEqual(await told(page), { drawn: 300, said: 300 });
      assert.ok((await counts(page).count()) > 3);
      await page.locator("#theme").click();
      await serious(page);
    }, { viewport: { width, height } }));
}

test("what is beyond the highest dots of a place is counted, and led to by zooming", () =>
  page(async (page) => {
    const together = Array.from({ length: 20 }, (_, index) => ({ name: `t-${index}`, at: 60_000, spec: index < 9 ? SEVERE : MILD }));
    const near = Array.from({ length: 20 }, (_, index) => ({ name: `n-${index}`, at: 3_600_000 + 1_000 * index, spec: MILD }));
    await page.getByLabel("Open a file").setInputFiles(log("places.log", [{ name: "first", at: 0, spec: MILD }, ...near, ...together, { name: "last", at: 7_200_000, spec: MILD }]));
    await summary(page, "42 incidents");
    assert.deepEqual(await told(page), { drawn: 42, said: 42 });
    const beyond = page.getByRole("button", { name: "12 more incidents from 2026-01-31 11:00:08 to 2026-01-31 11:00:19, the worst medium" });
    assert.equal(await beyond.textContent(), "+12");
    await beyond.focus();
    await page.keyboard.press("Enter");
    await beyond.waitFor({ state: "detached" });
    assert.deepEqual(await told(page), { drawn: 20, said: 20 });
    assert.deepEqual(await covered(page), []);
    assert.equal(await page.evaluate(() => document.activeElement.closest(".strip") !== null), true);
    // it goes on as long as there is time between them
    for (let press = 0; press < 12; press++) await page.getByRole("button", { name: "Zoom out" }).click();
    assert.deepEqual(await told(page), { drawn: 42, said: 42 });
    await page.getByRole("button", { name: "13 more incidents from 2026-01-31 10:00:00 to 2026-01-31 10:01:00, the worst critical" }).click();
    const still = page.getByRole("button", { name: "12 more incidents at 2026-01-31 10:01:00, the worst critical" });
    await still.click();
    await page.locator("article:has(button:focus)", { hasText: "critical" }).waitFor();
  }));

test("what is drawn follows the width of the window", () =>
  page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(log("width.log", many(200)));
    await summary(page, "200 incidents");
    const few = await counts(page).count();
    const held = dots(page).first();
    await held.focus();
    const name = await held.getAttribute("aria-label");
    await page.setViewportSize({ width: 340, height: 900 });
    await until(async () => (await counts(page).count()) > few);
    assert.deepEqual(await covered(page), []);
    assert.deepEqual(await told(page), { drawn: 200, said: 200 });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), name);
  }));

test("a dot whose card is not among those that are shown leads to it all the same", () =>
  page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(log("beside.log", many(300)));
    await summary(page, "300 incidents");
    assert.equal(await page.locator("article").count(), 200);
    await page.getByText("and 100 more: filter to see them").waitFor();
    const why = page.locator(".finding details").first();
    await why.locator("summary").click();
    const hidden = () => dots(page).evaluateAll((dots) =>
      dots.findLast(({ id }) => !document.getElementById(id.replace("dot-", "incident-"))).id.replace("dot-", ""));
    const focused = page.locator("article:has(button:focus)");
    const one = await hidden();
    await page.locator(`#dot-${one}`).click();
    await focused.filter({ hasText: `incident ${one}, shown beside the worst 200 as the timeline led to it` }).waitFor();
    const { y } = await focused.boundingBox();
    assert.ok(y > 0 && y < 900, `${y}`);
    assert.equal(await page.locator("article").count(), 201);
    await page.getByText("and 99 more: filter to see them").waitFor();
    assert.equal(await why.evaluate(({ open }) => open), true);
    const other = await hidden();
    assert.notEqual(other, one);
    await page.locator(`#dot-${other}`).focus();
    await page.keyboard.press("Enter");
    await focused.filter({ hasText: `incident ${other}, shown beside` }).waitFor();
    // in the order of all, by time where they weigh the same
    const order = await page.locator("article h3").allTextContents();
    const numbers = order.slice(-2).map((title) => Number(/p-(\d+)/.exec(title)[1]));
    assert.ok(numbers[0] < numbers[1], `${numbers}`);
    // it stays as long as the filters let it through, and is nothing besides where all are shown
    await page.getByLabel("Severity").selectOption("critical");
    await summary(page, "30 incidents");
    assert.equal(await page.locator("article").count(), 30);
    await page.getByLabel("Severity").selectOption("");
    await summary(page, "300 incidents");
    assert.equal(await page.locator("article").count(), 202);
  }));

test("settings and filters leave what the timeline shows as it is, and another input begins with the whole", () =>
  page(async (page) => {
    const shown = async () => /[-\d]+ [:.\d]+ to [-\d]+ [:.\d]+ UTC/.exec(await page.locator("#timeline").textContent())[0];
    await page.getByLabel("Open a file").setInputFiles(log("one.log", many(300)));
    await summary(page, "300 incidents");
    const whole = await shown();
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.getByRole("button", { name: "Later" }).click();
    const zoomed = await shown();
    assert.notEqual(zoomed, whole);
    const beside = await dots(page).evaluateAll((dots) =>
      dots.find(({ id }) => !document.getElementById(id.replace("dot-", "incident-"))).id);
    await page.locator(`#${beside}`).click();
    await page.getByText("as the timeline led to it").waitFor();
    const settings = page.getByRole("textbox", { name: "Settings" });
    await settings.click();
    await page.keyboard.insertText("rules:\n  host-pid: {action: off}");
    await page.locator("#findings", { hasNotText: "host-pid" }).waitFor();
    await summary(page, "300 incidents");
    assert.equal(await shown(), zoomed);
    assert.equal(await page.locator("article", { hasText: "as the timeline led to it" }).count(), 1);
    await page.getByLabel("Severity").selectOption("critical");
    await summary(page, "30 incidents");
    assert.equal(await shown(), zoomed);
    await page.getByLabel("Severity").selectOption("");
    await summary(page, "300 incidents");
    assert.equal(await shown(), zoomed);
    await page.getByLabel("Open a file").setInputFiles(log("other.log", many(299)));
    await summary(page, "299 incidents");
    assert.equal(await shown(), "2026-01-31 10:00:00 to 2026-01-31 10:00:59 UTC");
    assert.equal(await page.getByText("as the timeline led to it").count(), 0);
  }));

test("of somebody, an incident tells what their own events gave", () =>
  page(async (page) => {
    const spec = { containers: [{ name: "c", securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }] };
    await page.getByLabel("Open a file").setInputFiles(log("people.log", [
      { name: "web", at: 0, user: "ann", spec: { ...spec, hostUsers: false } },
      { name: "web", at: 1_000, user: "eve", spec },
    ]));
    await summary(page, "1 incident");
    const told = page.getByRole("button", { name: /capabilities in c/ });
    assert.match(await told.textContent(), /^critical .*\(line 2\)$/);
    const filters = page.getByRole("form", { name: "Show only" });
    await filters.getByLabel("Person").selectOption("ann");
    await told.filter({ hasText: /^medium .*\(line 1\)$/ }).waitFor();
    await page.getByRole("button", { name: /^medium, Pod team-a\/web by ann: created/ }).waitFor();
    await filters.getByLabel("Severity").selectOption("high");
    await summary(page, "0 findings");
    await filters.getByLabel("Person").selectOption("eve");
    await told.filter({ hasText: /^critical .*\(line 2\)$/ }).waitFor();
  }));
