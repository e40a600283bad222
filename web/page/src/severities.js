// How much a finding weighs.

/** The worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low"];

/** The smaller, the worse. */
export function rank(severity) {
  return SEVERITIES.indexOf(severity);
}

/** The worst first, and what weighs the same in the order it came. */
export function byWorst({ findings: [one] }, { findings: [other] }) {
  return rank(one.severity) - rank(other.severity);
}
