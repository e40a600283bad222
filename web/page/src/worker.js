// Judges away from the page, so that it stays responsive however much there is to read.
import { Reader, catalog, cases, initSync, inspect, validateSettings } from "bulkhead";
import wasm from "bulkhead/bulkhead_bg.wasm";
import { correct } from "./correct.js";
import { policy } from "./policy.js";
import { picture } from "./rbac.js";

initSync({ module: wasm });

/** Cases with findings that are handed to the page; those beyond are counted. */
const MOST = 2_000;
/** Characters of requests that are handed over with them. */
const ROOM = 16 << 20;
/** Positions are looked for in what an editor holds; each takes a pass over the request. */
const LOCATED = 32 << 20;

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
    const report = await judged(input, used, (done) => {
      if (id === latest) postMessage({ kind: "progress", id, done });
      return id === latest;
    });
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

/** Every mistake in settings, with its line where it can be told. */
function checked(settings) {
  try {
    const { valid, message } = validateSettings(settings);
    if (valid) return { mistakes: [] };
    // as a manifest, settings are something in which places can be looked up; a document in it
    // has no marks
    const own = settings.replace(/^(---|\.\.\.)(?=\s|$)/gm, "   ").replace(/^%.*/gm, "");
    const [item] = cases("apiVersion: v1\nkind: S\nspec:\n" + own.replace(/^/gm, " "));
    return { mistakes: message.split("\n").map((text) => ({ text, line: lineOf(text, item) })) };
  } catch (error) {
    const [, line, text] = /^settings: line (\d+): (.*)$/s.exec(error.message) ?? [];
    return { mistakes: [{ text: text ?? error.message, line: Number(line) || 1 }] };
  }
}

function lineOf(mistake, item) {
  if (item?.type !== "case") return 1;
  const [path, rest] = mistake.split(/: (.*)/s);
  const key = /^unknown key `([^`]+)`/.exec(rest)?.[1];
  const parts = path === "settings" ? [] : path.split(/[.[\]]+/).filter(Boolean);
  const names = [...parts, ...(key ? [key] : [])].map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1"));
  const pointer = ["/spec", ...names].join("/");
  return Math.max(1, (item.locate(pointer)?.line ?? 4) - 3);
}

/** A report, or nothing once `progress`, which is told how much is read, says that nobody waits. */
async function judged(input, settings, progress) {
  const text = typeof input === "string";
  const report = { items: [], more: 0, judged: 0, denied: 0, quiet: 0, passed: 0, objects: [] };
  const state = { report, settings, text, index: -1, room: ROOM, located: LOCATED };
  const reader = new Reader();
  const take = () => {
    for (let item; (item = reader.next()); ) add(item, state);
    const { irrelevant, stages, other } = reader.takePassed();
    report.passed += irrelevant + stages + other;
  };
  if (text) {
    reader.push(new TextEncoder().encode(input));
  } else {
    let done = 0;
    const counted = input.stream().pipeThrough(
      new TransformStream({
        transform(piece, control) {
          done += piece.length;
          control.enqueue(piece);
        },
      }),
    );
    const head = new Uint8Array(await input.slice(0, 2).arrayBuffer());
    const plain = head[0] === 0x1f && head[1] === 0x8b
      ? counted.pipeThrough(new DecompressionStream("gzip"))
      : counted;
    for (const pieces = plain.getReader(); ; ) {
      const { done: ended, value } = await pieces.read();
      if (ended) break;
      if (!progress(done / input.size)) {
        await pieces.cancel();
        reader.free();
        return undefined;
      }
      reader.push(value);
      take();
    }
  }
  reader.end();
  take();
  reader.free();
  report.picture = picture(report.objects, (request) => inspect(request, settings));
  delete report.objects;
  return report;
}

function add(item, state) {
  const { report, settings, text } = state;
  state.index += 1;
  if (item.type !== "case") {
    keep(report, { ...item, line: item.line ?? item.place.line });
    return;
  }
  const answer = item.inspect(settings);
  const { request, findings, allowed, omitted } = answer;
  report.judged += 1;
  if (!allowed) report.denied += 1;
  const source = item.request;
  if (item.form === "manifest" && request.group === "rbac.authorization.k8s.io") {
    report.objects.push(JSON.parse(source).object);
  }
  if (findings.length === 0) {
    report.quiet += 1;
  } else {
    const shown = { type: "case", form: item.form, line: item.place.line, request, allowed, findings, omitted };
    shown.audit = item.audit;
    shown.incident = item.incident(findings);
    if (text && item.form === "manifest") shown.index = state.index;
    if (text) {
      for (const finding of findings) {
        state.located -= source.length;
        if (state.located > 0) finding.at = item.locate(finding.path);
      }
    }
    if ((item.form === "event" || !text) && (state.room -= source.length) > 0) shown.source = source;
    keep(report, shown);
  }
  item.free();
}

function keep(report, item) {
  if (report.items.length < MOST) report.items.push(item);
  else report.more += 1;
}
