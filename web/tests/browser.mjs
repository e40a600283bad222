// The page, web/page/dist, in a real browser: what its tests share.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const project = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
export const file = join(project, "web/page/dist/index.html");
/** A folder for what a test makes. */
export const folder = mkdtempSync(join(tmpdir(), "bulkhead-page-"));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What the page asked the server for. */
export let asked;
let browser, server, address;

before(async () => {
  server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("content-type", "text/html; charset=utf-8").end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP page.test 127.0.0.1"],
  });
});

after(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The recorded audit log, again and again up to so many bytes, each time of other requests. */
export function recorded(bytes) {
  const log = readFileSync(join(project, "e2e-tests/audit/audit.jsonl"), "utf8");
  const copy = (_, number) => log.replaceAll(/"auditID":"[^"]{8}/g, `"auditID":"${String(number).padStart(8, "0")}`);
  return Array.from({ length: Math.ceil(bytes / log.length) }, copy).join("");
}

/** A page of its own, in which nothing may go wrong. */
export async function page(run, { url = address, ...options } = {}) {
  asked = [];
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!/^(http:\/\/(127|page\.test)|file:|blob:|data:)/.test(request.url())) wrong.push(request.url());
  });
  try {
    await page.goto(url);
    await page.getByRole("status").filter({ hasText: /finding/ }).first().waitFor();
    await run(page);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

export const input = (page) => page.getByRole("textbox", { name: "Input" });

export async function replace(page, place, text) {
  await place.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

/** The page's address by a name that browsers do not trust without TLS. */
export const named = () => address.replace("127.0.0.1", "page.test");

/** Waits for something; the browser's own way is closed by the page's policy. */
export async function until(holds) {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 1_000, String(holds));
    await new Promise((ready) => setTimeout(ready, 20));
  }
}

export const summary = (page, text) => page.locator("#summary", { hasText: text }).waitFor();

/** axe is put in by the browser itself, past the page's policy. */
export async function serious(page) {
  await page.evaluate(readFileSync(axe, "utf8"));
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html.slice(0, 150)} ${failureSummary}`)].join("\n"));
  assert.deepEqual(found, []);
}
