// Judges away from the page, so that it stays responsive however much there is to read.
import { Reader, catalog, cases, initSync, inspect, validateSettings } from "bulkhead";
import wasm from "bulkhead/bulkhead_bg.wasm";
import { correct } from "./correct.js";
import { Kept } from "./kept.js";
import { policy } from "./policy.js";
import { picture } from "./rbac.js";
import { inOrder, pieces } from "./read.js";

initSync({ module: wasm });

/** Positions are looked for in what an editor holds; each takes a pass over the request. */
const LOCATED = 32 << 20;
/** Milliseconds after which others are let in, and before which nothing is told of progress. */
const TURN = 30;
const PATIENCE = 250;

postMessage({ kind: "catalog", catalog: catalog() });

/** What is asked for last; whatever is still read for another is of no use any more. */
let latest;

onmessage = async ({ data }) => {
  const { id, input, settings, index, template } = data;
  if (template !== undefined) return postMessage({ kind: "policy", ...exported(template, settings) });
  latest = id;
  try {
    const answer = checked(settings);
    const used = answer.mistakes.length ? "{}" : settings;
    if (index !== undefined) {
      const inspect = (item) => item.inspect(used);
      postMessage({ kind: "corrected", id, index, correction: corrected(input, index, inspect) });
      return;
    }
    const report = await judged(input, used, turns(id));
    if (report) postMessage({ kind: "judged", id, report, ...answer });
  } catch (error) {
    postMessage({ kind: "failed", id, message: error.message });
  }
};

/** What corrects an object, or why that could not be worked out. */
function corrected(input, index, inspect) {
  try {
    return correct(input, index, inspect, cases);
  } catch (error) {
    return { failed: error.message };
  }
}

/** Settings as a policy, or why they are none. */
function exported(template, settings) {
  const { mistakes } = checked(settings);
  if (mistakes.length > 0) return { failed: "the settings have mistakes: a policy with them answers no request" };
  try {
    return { text: policy(template, settings) };
  } catch (error) {
    return { failed: error.message };
  }
}

/** Every mistake in settings, with its line; what has none is about the whole. */
function checked(settings) {
  try {
    const { mistakes = [] } = validateSettings(settings);
    return { mistakes: mistakes.map(({ text, line }) => ({ text, line: line ?? 1 })) };
  } catch (error) {
    const [, line, text] = /^settings: line (\d+): (.*)$/s.exec(error.message) ?? [];
    return { mistakes: [{ text: text ?? error.message, line: Number(line) || 1 }] };
  }
}

/** Lets other messages in now and then, tells how much is read, and answers whether anybody still
    waits for it. */
function turns(id) {
  const began = performance.now();
  let last = began;
  return async (done) => {
    const now = performance.now();
    if (now - last < TURN) return true;
    if (now - began > PATIENCE) postMessage({ kind: "progress", id, done });
    await new Promise((next) => setTimeout(next));
    last = performance.now();
    return id === latest;
  };
}

/** A report on a text or on files that follow each other, or nothing once `turn` says that nobody
    waits. */
async function judged(input, settings, turn) {
  const text = typeof input === "string";
  const files = text ? [new Blob([input])] : await inOrder(input);
  const size = Math.max(1, files.reduce((sum, file) => sum + file.size, 0));
  const kept = new Kept();
  const state = { kept, settings, text, names: files.length > 1 ? files.map(({ name }) => name) : [], file: 0, index: -1, located: LOCATED, objects: [] };
  const reader = new Reader();
  let passed = 0;
  const take = async (done) => {
    for (let item; (item = reader.next()); ) {
      add(item, state);
      if (!(await turn(done / size))) return false;
    }
    const { irrelevant, stages, other } = reader.takePassed();
    passed += irrelevant + stages + other;
    return turn(done / size);
  };
  try {
    let before = 0;
    for (const [index, file] of files.entries()) {
      state.file = index;
      let failed;
      try {
        for await (const { piece, done } of pieces(file)) {
          reader.push(piece);
          if (!(await take(before + done))) return undefined;
        }
      } catch (error) {
        failed = error;
      }
      before += file.size;
      if (index === files.length - 1) reader.end();
      else reader.endInput();
      if (!(await take(before))) return undefined;
      if (failed) add({ type: "broken", message: failed.message }, state);
    }
    const { forgotten } = reader;
    const found = picture(state.objects, (request) => inspect(request, settings));
    return { ...kept.report(), passed, forgotten, picture: found };
  } finally {
    reader.free();
  }
}

function add(item, state) {
  const { kept, settings, text } = state;
  state.index += 1;
  const id = `item-${state.index}`;
  const file = state.names[item.input ?? state.file];
  if (item.type !== "case") return kept.add({ ...item, id, file, line: item.line ?? item.place?.line });
  const { request, findings, allowed, omitted } = item.inspect(settings);
  kept.count(allowed, item.form === "event");
  const source = item.request;
  if (item.form === "manifest" && request.group === "rbac.authorization.k8s.io") {
    state.objects.push(JSON.parse(source).object);
  }
  if (findings.length > 0) {
    const shown = { type: "case", id, form: item.form, file, line: item.place.line, request, allowed, findings, omitted };
    shown.audit = item.audit;
    shown.incident = item.incident(findings);
    if (text && item.form === "manifest") shown.index = state.index;
    if (text) {
      for (const finding of findings) {
        state.located -= source.length;
        if (state.located > 0) finding.at = item.locate(finding.path);
      }
    }
    if (item.form === "event" || !text) shown.source = source;
    kept.add(shown);
  }
  item.free();
}
