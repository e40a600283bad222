// The page: what is typed, dropped or opened goes to the worker, what it answers is shown.
import worker from "worker-text";
import examples from "examples";
import presets from "presets";
import rules from "webhook-rules";
import { Chart } from "./chart.js";
import { copied } from "./clipboard.js";
import { $, element, options } from "./dom.js";
import { Editor } from "./editor.js";
import { input } from "./files.js";
import { fragment, stateOf } from "./link.js";
import { List } from "./list.js";
import { SEVERITIES } from "./severities.js";
import { filtered } from "./show.js";
import { summary } from "./summary.js";
import { rbac } from "./table.js";

/** What settings are that no preset has. */
const OWN = "own";

/** Characters that the editor is given; what is larger is read as a file, and not shown. */
const EDITABLE = 1 << 20;

/** `of` is what was asked about last; what a report is of is with the report, and the last input that one was of is `told`; `corrections` are awaited, by the index of their object, and `policies` in their order. */
const state = { report: undefined, of: undefined, told: undefined, isCancelled: false, corrections: new Map(), policies: [], rules: new Map(), picture: { search: "", told: new Map() }, files: undefined };
const source = new Editor($("source"), "Input", () => {
  state.files = undefined;
  state.isCancelled = false;
  $("example").value = "";
  soon();
}, (text) => {
  if (text.length <= EDITABLE) return false;
  read([new File([text], "what was pasted")]);
  return true;
});
const settings = new Editor($("settings"), "Settings", () => {
  preset(settings.text);
  soon();
});
const findings = new List($("findings"), {
  goTo,
  correct,
  copy: ({ becomes }) => copy(becomes, "the corrected version is in the clipboard"),
  apply,
});
const chart = new Chart($("timeline"), (item) => findings.lead(item));

// ---- the worker

let judge;
let asked = 0;
let timer;

function start() {
  judge?.terminate();
  state.policies = [];
  const address = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  judge = new Worker(address);
  judge.onmessage = ({ data }) => {
    if (data.kind === "catalog") state.rules = new Map(data.catalog.rules.map((rule) => [rule.id, rule]));
    if (data.kind === "policy") state.policies.shift()?.(data);
    if (data.id !== asked) return;
    if (data.kind === "progress") {
      if (state.report) forget(`reading ${state.files ? named(state.files) : "the input"}`);
      $("working").hidden = false;
      $("progress").value = data.done;
      return;
    }
    if (data.kind === "corrected") {
      state.corrections.get(data.index)?.(data.correction);
      return;
    }
    $("working").hidden = true;
    if (data.kind === "failed") {
      forget(data.message);
      return;
    }
    judged(data);
  };
}

/** Asks a moment after the last change, of which there may be many. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, 150);
}

function ask() {
  asked += 1;
  state.corrections.clear();
  if (state.files) forget(`reading ${named(state.files)}`);
  const text = state.files || state.isCancelled ? "" : source.text;
  state.of = { text, isShown: !state.files, input: state.files ?? text };
  judge.postMessage({ id: asked, input: state.of.input, settings: settings.text });
}

/** Shows nothing of what was found before, which is of something else. */
function forget(why) {
  state.report = undefined;
  source.mark([]);
  for (const id of ["findings", "timeline", "picture"]) $(id).replaceChildren();
  $("summary").textContent = why;
}

function judged({ report, mistakes }) {
  const list = mistakes.map(({ text, line }) =>
    element("li", {}, element("button", { type: "button", onclick: () => settings.show({ line }) }, `line ${line}: ${text}`)));
  $("mistakes").replaceChildren(...list);
  settings.mark(mistakes.map(({ line }) => ({ line, severity: "high" })));
  // what was not read is not told as if nothing were found in it
  if (state.isCancelled) return;
  state.report = { ...report, ...state.of, byDefaults: mistakes.length > 0 };
  if (state.told !== state.of.input) {
    chart.whole();
    findings.begin();
  }
  state.told = state.of.input;
  const found = report.items.flatMap(({ findings = [] }) => findings);
  source.mark(!state.report.isShown ? [] : found.filter(({ at }) => at).map(({ at, path, severity }) => ({ ...at, path, severity })));
  choices();
  show();
  picture();
}

// ---- what is shown

function choices() {
  const { namespaces, people } = state.report;
  const all = (values) => [["", "all"], ...values.map((value) => [value, value])];
  const { alert, severity, namespace, user } = $("filters").elements;
  options(alert, [["", "all"], ["host-access", "host access"], ["pod-write", "pod write"]]);
  options(severity, [["", "all"], ...SEVERITIES.slice(0, 3).map((value) => [value, value === "critical" ? value : `${value} or worse`])]);
  options(namespace, all(namespaces));
  options(user, all(people));
}

function show() {
  const { report } = state;
  if (!report) return;
  const chosen = Object.fromEntries(new FormData($("filters")));
  const items = filtered(report.items, chosen);
  $("summary").textContent = summary(report, items, Object.values(chosen).every((value) => !value));
  findings.draw(report, items, state.rules);
  chart.draw(items);
}

function picture() {
  const held = document.activeElement?.id === "search" ? document.activeElement.selectionStart : undefined;
  $("picture").replaceChildren(...rbac(state.report.picture, state.picture, (search) => {
    state.picture.search = search;
    picture();
  }).filter(Boolean));
  if (held !== undefined) {
    $("search")?.focus();
    $("search")?.setSelectionRange(held, held);
  }
}

let quiet;
function say(text) {
  $("said").textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => ($("said").textContent = ""), 4_000);
}

// ---- what people do

async function open(chosen) {
  const { text, files, failed } = await input([...chosen], EDITABLE);
  if (failed) forget(failed);
  else if (files) read(files);
  else source.text = text;
}

/** Reads files in the order in which they are given, and shows none of them. */
function read(files) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  source.text = `# ${named(files)}: ${(size / 1e6).toFixed(1)} MB, read without being shown\n`;
  state.files = files;
  clearTimeout(timer);
  ask();
}

function named(files) {
  return files.map(({ name }) => name).join(", ");
}

/** To a place in the editor; of a file that is not shown, to the request. */
function goTo(place, item) {
  if (state.report.isShown) return source.show(place);
  const request = document.querySelector(`#${item.id} .request`);
  request.open = true;
  request.querySelector("pre").focus();
}

/** What corrects the object of an item of what was reported last, and the line from which on it is told. */
async function correct({ index }) {
  const { text } = state.report;
  judge.postMessage({ id: asked, input: text, settings: settings.text, index });
  const correction = await new Promise((resolve) => state.corrections.set(index, resolve));
  return { correction: { ...correction, text }, line: text.slice(0, correction.from).split("\n").length };
}

function apply({ text, from, to, becomes }) {
  if (source.text !== text) return say("the input has changed since");
  source.replace(from, to, becomes);
  $("found").focus();
  say("applied: Ctrl+Z in the editor takes it back");
}

async function copy(text, said) {
  if (await copied(text)) say(said);
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = dark ? "Light" : "Dark";
  source.dark = dark;
  settings.dark = dark;
}

$("file").addEventListener("change", ({ target }) => {
  const files = [...target.files];
  // so that the same ones can be opened again
  target.value = "";
  if (files.length > 0) open(files);
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("source").classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, () => $("source").classList.remove("over"));
}
document.addEventListener("drop", (event) => {
  const files = event.dataTransfer?.files ?? [];
  if (files.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  open(files);
}, true);
$("cancel").addEventListener("click", () => {
  asked += 1;
  clearTimeout(timer);
  start();
  state.files = undefined;
  state.isCancelled = true;
  $("working").hidden = true;
  forget("cancelled");
  // the button is gone
  $("found").focus();
});
/** What the address carries; where that cannot be read, all stays as it is. */
async function follow() {
  const linked = await stateOf(location.hash);
  if (!linked) {
    $("summary").textContent = "the link cannot be read: it is cut short, or none of this page's";
    return;
  }
  if (source.text === linked.input && settings.text === linked.settings) return;
  if (linked.input.length > EDITABLE) read([new File([linked.input], "what the link has")]);
  else source.text = linked.input;
  settings.text = linked.settings;
}

/** The preset whose settings these are; of others, that they are one's own. */
function preset(text) {
  const [name = OWN] = Object.entries(presets).find(([, preset]) => preset === text) ?? [];
  $("preset").value = name;
}

$("filters").addEventListener("change", show);
$("example").addEventListener("change", ({ target: { value } }) => {
  source.text = examples[value] ?? "";
  $("example").value = value;
});
$("preset").addEventListener("change", ({ target }) => {
  if (target.value !== OWN) settings.text = presets[target.value];
});
$("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme !== "dark"));
$("link").addEventListener("click", async () => {
  if (state.files) return say("a file this large does not fit into a link");
  location.hash = await fragment({ input: source.text, settings: settings.text });
  copy(location.href, "the link has this input and these settings");
});
$("export").addEventListener("click", async () => {
  judge.postMessage({ template: rules, settings: settings.text });
  const { failed, text } = await new Promise((resolve) => state.policies.push(resolve));
  if (failed) return say(failed);
  copy(text, "the policy is in the clipboard: in mode monitor, it refuses nothing yet");
});

options($("example"), [["", "none"], ...Object.keys(examples).map((name) => [name, name])]);
options($("preset"), [...Object.keys(presets), OWN].map((name) => [name, name]));
theme(matchMedia("(prefers-color-scheme: dark)").matches);
start();
addEventListener("hashchange", () => location.hash.length > 1 && follow());
if (location.hash.length > 1) {
  await follow();
} else {
  const [first] = Object.entries(examples);
  source.text = first[1];
  $("example").value = first[0];
}
