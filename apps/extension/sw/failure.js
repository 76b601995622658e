//! Why something could not be done: one small word for the vat, and Chrome's own for people.

export class Failure extends Error {
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}

// Chrome has no error codes; these are its sentences.
const KINDS = [
  ['gone', /no tab with id|tab was closed|no frame with id|tab not found/i],
  ['no_access', /cannot access|cannot be scripted|must request permission|missing host permission|cannot be edited|'<all_urls>' or 'activeTab'/i],
  ['no_page', /error page|no page/i],
  ['navigated', /was removed|frame was detached|document.*(changed|not active)|no document with id/i],
];

export function failure(error) {
  const text = String(error?.message ?? error);
  const kind = error?.kind ?? KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failed';
  return { err: { kind, text } };
}
