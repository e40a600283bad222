// Where on a strip of time dots stand, so that none covers another.

/** Of a dot and the gap around it, in pixels. */
export const DOT = 16;
/** Dots that stand on each other; those beyond are counted above them. */
export const ROWS = 8;
/** What is left free at both ends of the strip: as much as the count of 2,000 takes. */
export const EDGE = 34;

/** Points `{ x }` from left to right, in stacks: the points of one begin where it does, and those of
    the next are no nearer than what is drawn of it is wide. */
export function stacks(points) {
  const found = [];
  for (const point of [...points].sort((one, other) => one.x - other.x)) {
    const last = found.at(-1);
    if (last && point.x < last.x + width(last)) last.points.push(point);
    else found.push({ x: point.x, points: [point] });
  }
  return found;
}

function width({ points }) {
  return Math.max(DOT, countWidth(points.length - ROWS));
}

/** How wide the count of those that are beyond the highest is; nothing without any. */
export function countWidth(beyond) {
  return beyond > 0 ? 5 + 7 * `+${beyond}`.length : 0;
}
