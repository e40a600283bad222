// Where the dots of a timeline stand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DOT, EDGE, ROWS, countWidth, stacks } from "../page/src/stacks.js";

/** What a stack takes, from its left to its right, with what counts those beyond. */
const taken = ({ x, points }) => [x - DOT / 2, x - DOT / 2 + Math.max(DOT, countWidth(points.length - ROWS))];

test("stacks hold everything once, and none covers another or leaves the strip", () => {
  const width = 590;
  // so that some stand alone, and thousands in one place
  for (const [count, power] of [[1, 1], [40, 1], [300, 1], [2_000, 1], [2_000, 3], [2_000, 40], [2_000, 1_000]]) {
    const points = Array.from({ length: count }, (_, index) => ({ index, x: EDGE + (width - 2 * EDGE) * ((index + 1) / count) ** power }));
    const found = stacks(points.toReversed());
    const all = found.flatMap(({ points }) => points.map(({ index }) => index));
    assert.deepEqual(all.sort((one, other) => one - other), points.map(({ index }) => index));
    let end = 0;
    for (const stack of found) {
      const [left, right] = taken(stack);
      assert.ok(left >= end && right <= width, `${count}, ${power}: ${left} to ${right} after ${end}`);
      end = right;
    }
  }
});

test("what is as far apart as dots are wide stands apart, where it happened", () => {
  const points = [0, 15, 16, 31, 32].map((x) => ({ x }));
  assert.deepEqual(stacks(points).map(({ x, points }) => [x, points.length]), [[0, 2], [16, 2], [32, 1]]);
});

test("a count makes room for itself", () => {
  assert.equal(countWidth(0), 0);
  assert.equal(countWidth(-3), 0);
  assert.ok(countWidth(2_000 - ROWS) - DOT / 2 <= EDGE, "also at the end of the strip");
  const many = Array.from({ length: ROWS + 12 }, () => ({ x: 0 }));
  assert.deepEqual(stacks([...many, { x: DOT }, { x: countWidth(13) }]).map(({ points }) => points.length), [ROWS + 13, 1]);
});
