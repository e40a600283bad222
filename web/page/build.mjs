// Builds the page into one file, page/dist/index.html: script, style and wasm are in it, and its
// Content-Security-Policy lets nothing else run and nothing connect.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const page = dirname(fileURLToPath(import.meta.url));
const project = join(page, "../..");
const text = (...path) => readFileSync(join(...path), "utf8");
// the package, in a folder of its name, as npm installs it
const bulkhead = process.argv[2] ?? join(project, "target/web/bulkhead");

/** Modules that are made here, by their names. */
function made(modules) {
  return {
    name: "made",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path }) => (path in modules ? { path, namespace: "made" } : undefined));
      build.onLoad({ filter: /.*/, namespace: "made" }, ({ path }) => ({ contents: JSON.stringify(modules[path]), loader: "json" }));
    },
  };
}

/** Packages that are in the page, whose licences go with it. */
const used = new Set();

async function bundle(entry, format, options) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(page, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    metafile: true,
    // only looked at where the wasm is to be fetched, and here it is at hand
    logOverride: { "empty-import-meta": "silent" },
    ...options,
  });
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (name && name !== "bulkhead") used.add(name);
  }
  return outputFiles[0].text;
}

const worker = await bundle("worker.js", "iife", {
  loader: { ".wasm": "binary" },
  nodePaths: [dirname(bulkhead)],
});

const folder = (path, ending) =>
  Object.fromEntries(readdirSync(path).filter((name) => name.endsWith(ending)).sort()
    .map((name) => [basename(name, ending), text(path, name)]));
const manifest = text(project, "README.md").match(/```yaml\n(apiVersion: policies\.kubewarden\.io\/v1\nkind: ClusterAdmissionPolicy\n[^]*?)```/)[1];
const script = await bundle("page.js", "esm", {
  plugins: [made({
    "worker-text": worker,
    examples: folder(join(page, "examples"), ".yaml"),
    presets: { default: "", ...folder(join(project, "presets"), ".yaml") },
    "webhook-rules": manifest,
  })],
});

const style = text(page, "page.css");
// inside of a script, the end of one must not stand
const inner = script.replaceAll("</script", "<\\/script");
const hash = (content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(inner)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  "worker-src blob:",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const parts = { POLICY: policy, STYLE: style, SCRIPT: inner };
const html = text(page, "index.html")
  .replace("<script>", "<script type=\"module\">")
  .replace(/POLICY|STYLE|SCRIPT/g, (name) => parts[name]);
const licences = [...used].sort().map((name) => `${name}\n\n${text(page, "../node_modules", name, "LICENSE")}`);
if (licences.some((licence) => licence.includes("--"))) throw new Error("a licence would end its comment");
mkdirSync(join(page, "dist"), { recursive: true });
writeFileSync(join(page, "dist/index.html"), `${html}<!--\nThis page holds:\n\n${licences.join("\n")}-->\n`);
console.log(`page/dist/index.html: ${html.length.toLocaleString("en")} characters`);
