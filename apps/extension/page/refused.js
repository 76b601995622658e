//! The two ways an act ends early: refused before anything was dispatched, or cancelled between two events.

/** Nothing was dispatched; `more` says what the reason alone doesn't. */
export class Refused {
  constructor(reason, more = {}) {
    this.answer = { status: "refused", reason, ...more };
  }
}

export class Cancelled {
  answer = { status: "cancelled" };
}
