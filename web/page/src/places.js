// Where on a strip of time dots stand, so that none covers another.

/** Of a dot and the gap around it, in pixels. */
export const DOT = 16;
/** Dots that stand on each other; those beyond are counted above them. */
export const ROWS = 8;
/** What is left free at both ends of the strip: as much as the widest count takes. */
export const EDGE = 30;

/** Points `{ x }` from left to right as the places in which they stand: the points of one begin
    where it does, and those of the next are no nearer than what is drawn of it is wide. */
export function places(points) {
  const found = [];
  for (const point of [...points].sort((one, other) => one.x - other.x)) {
    const last = found.at(-1);
    if (last && point.x < last.x + Math.max(DOT, countWidth(last.points.length - ROWS))) last.points.push(point);
    else found.push({ x: point.x, points: [point] });
  }
  return found;
}

/** How wide the count of those that are beyond the highest is; nothing without any. */
export function countWidth(beyond) {
  return beyond > 0 ? 5 + 7 * `+${beyond}`.length : 0;
}
