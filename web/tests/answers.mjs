// Answers on standard output, a line each, to what is asked on standard input: pairs of lines, an
// operation of the policy and its payload, or `cases` and the name of a file.
import { readFileSync } from "node:fs";

export function answer({ call, cases }) {
  const [bytes, text] = [new TextEncoder(), new TextDecoder()];
  const lines = readFileSync(0, "utf8").split("\n");
  const answers = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [operation, payload] = [lines[at], lines[at + 1]];
    if (operation === "cases") {
      for (const item of cases(readFileSync(payload))) {
        const { type, place = {}, request, audit, line, message } = item;
        const plain = [audit, line, message].map((part) => JSON.stringify(part));
        const asked = typeof request === "object" ? JSON.stringify(request) : request;
        answers.push([type, place.line, place.document, place.item, asked, ...plain].join(" "));
      }
    } else {
      answers.push(text.decode(call(operation, bytes.encode(payload))));
    }
  }
  process.stdout.write(answers.map((line) => line + "\n").join(""));
}
