// The examples of the package's README, as its readers try them: in a browser, from the files of
// the package and from a bundle of them. Run with the folder of the package in BULKHEAD.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const bulkhead = process.env.BULKHEAD;
const folder = mkdtempSync(join(tmpdir(), "bulkhead-readme-"));
const [example] = readFileSync(join(bulkhead, "README.md"), "utf8").match(/(?<=```js\n)[^]*?(?=```)/);
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

let browser, server, address, script;

before(async () => {
  server = createServer(({ url }, response) => {
    const name = join(url.startsWith("/bundled/") ? folder : bulkhead, basename(url));
    if (url === "/") {
      const imports = { bulkhead: "./bulkhead.js" };
      response.setHeader("content-type", "text/html").setHeader("content-security-policy", "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'");
      response.end(`<link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>${script}`);
    } else {
      response.setHeader("content-type", TYPES[extname(name)] ?? "text/plain").end(readFileSync(name));
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a script logs first, or what goes wrong in it. */
async function said(html) {
  script = html;
  const page = await browser.newPage();
  try {
    const said = new Promise((done) => {
      page.on("console", (message) => done(message.text()));
      page.on("pageerror", (error) => done(String(error)));
    });
    await page.goto(address);
    return await said;
  } finally {
    await page.close();
  }
}

const FOUND = /^4:8 high host-pid: /;

test("a browser loads the package as it is", async () => {
  assert.match(await said(`<script type="module">${example}</script>`), FOUND);
});

async function bundled(text, options) {
  const bundle = join(folder, "bundle.js");
  await build({
    stdin: { contents: text, resolveDir: folder },
    bundle: true,
    format: "esm",
    outfile: bundle,
    nodePaths: [dirname(bulkhead)],
    ...options,
  });
  return said('<script type="module" src="/bundled/bundle.js"></script>');
}

test("a bundle finds the wasm beside it", async () => {
  copyFileSync(join(bulkhead, "bulkhead_bg.wasm"), join(folder, "bulkhead_bg.wasm"));
  assert.match(await bundled(example), FOUND);
  rmSync(join(folder, "bulkhead_bg.wasm"));
});

test("or is told where it is, or given it", async () => {
  const given = 'import wasm from "bulkhead/bulkhead_bg.wasm";\n' + example.replace("init()", "init({ module_or_path: wasm })");
  assert.match(await bundled(given, { loader: { ".wasm": "binary" } }), FOUND);
  assert.match(await bundled(given, { loader: { ".wasm": "file" }, publicPath: "/bundled/" }), FOUND);
});
