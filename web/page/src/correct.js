// A manifest without what was found in it: corrected, judged again, and corrected again until
// nothing helps any more.
import { cure } from "./cure.js";
import { Edit } from "./edit.js";

/** What is hidden behind a finding is found in the next round; more than this has not been seen. */
const ROUNDS = 8;

/** Corrects one object of an input, by its index among what `cases` reads of it. The answer has the
    part of the input that changes, from `from` to `to`, what it becomes, and what remains. */
export function correct(input, index, judge, cases) {
  let text = input;
  const remarks = new Set();
  let now = judged(text, index, judge, cases);
  let first;
  for (let round = 0; round < ROUNDS && now.findings.length > 0; round++) {
    const part = around(text, now.at);
    if (!part) break;
    first ??= part;
    const { edited, told } = cured(part.edit, now.findings);
    const next = text.slice(0, part.from) + edited + text.slice(part.to);
    const then = next === text ? undefined : judged(next, index, judge, cases);
    if (!then || then.count !== now.count || then.kind !== now.kind) break;
    [text, now] = [next, then];
    told.forEach((remark) => remarks.add(remark));
  }
  const { from, to } = first ?? { from: 0, to: input.length };
  return {
    from,
    to,
    was: input.slice(from, to),
    becomes: text.slice(from, text.length - (input.length - to)),
    remarks: [...remarks],
    remaining: now.findings,
  };
}

/** What a document becomes, in which nothing else changes with what was found. */
function cured(edit, findings) {
  const told = cure(edit, findings);
  const { apart } = edit;
  return apart ? cured(apart, findings) : { edited: edit.text, told };
}

function judged(text, index, judge, cases) {
  const items = cases(text);
  const item = items[index];
  const answer = { count: items.length, kind: undefined, findings: [], at: 0 };
  if (item?.type === "case") {
    const { request, findings } = judge(item);
    answer.kind = request.kind;
    // what somebody gave a reason for stays
    answer.findings = findings.filter(({ exempted }) => !exempted);
    answer.at = offset(text, item.locate(""));
  }
  for (const item of items) item.free?.();
  return answer;
}

/** The document around an object, or in JSON that is no document of YAML the object itself. */
function around(text, at) {
  if (at === undefined) return undefined;
  const marks = [...text.matchAll(/^(---|\.\.\.)(?=\s|$).*\n?/gm)];
  const before = marks.findLast(({ index }) => index <= at);
  const from = before ? after(before, at) : 0;
  const to = marks.find(({ index }) => index > at)?.index ?? text.length;
  const edit = Edit.of(text.slice(from, to), at - from);
  if (edit) return { from, to, edit };
  const whole = Edit.of(text.slice(at), 0);
  const end = whole && at + whole.end;
  return whole && { from: at, to: end, edit: Edit.of(text.slice(at, end), 0) };
}

/** Behind the line of a mark; behind the mark alone when the object is on its line. */
function after({ 0: line, 1: mark, index }, at) {
  return index + line.length <= at ? index + line.length : index + mark.length;
}

function offset(text, position) {
  if (!position) return undefined;
  let line = 0;
  for (let count = 1; count < position.line; count++) line = text.indexOf("\n", line) + 1;
  const end = text.indexOf("\n", line);
  // columns count characters
  const letters = [...text.slice(line, end < 0 ? undefined : end)].slice(0, position.column - 1);
  return line + letters.join("").length;
}
