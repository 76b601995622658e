//! Origins that code asked for, as rows for their owner: whoever aims at one must not hit another, whatever the code asks for meanwhile.

// Limit: of rows that are offered. Whoever wants another origin can type it.
const ROWS_MAX = 24;
// What has just moved nobody has aimed at.
const AIM_MS = 600;

export class Asked {
  // Invariant: a row stays, and where it is.
  #rows = [];
  #moved = -Infinity;

  /** `[{origin, isGranted, wasAsked}]`, of those that were shown before and these. */
  rows(granted, refused, now = performance.now()) {
    const before = JSON.stringify(this.#rows);
    for (const origin of [...granted, ...refused]) {
      if (this.#rows.some((row) => row.origin === origin) || (this.#rows.length >= ROWS_MAX && !granted.includes(origin))) continue;
      this.#rows.push({ origin, isGranted: false, wasAsked: false });
    }
    for (const row of this.#rows) {
      row.isGranted = granted.includes(row.origin);
      row.wasAsked ||= refused.includes(row.origin);
    }
    if (JSON.stringify(this.#rows) !== before) this.moved(now);
    return this.#rows;
  }

  /** So has what is around them. */
  moved(now = performance.now()) {
    this.#moved = now;
  }

  /** Whether a click is for what is there now. */
  isAimed(now = performance.now()) {
    return now - this.#moved >= AIM_MS;
  }
}
