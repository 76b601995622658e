//! What the vat may ask, see docs/protocol.md 1. Every op is answered, and within a time.
import * as effects from './effects.js';
import { Failure, failure } from './failure.js';
import { fence } from './fence.js';
import { group } from './groups.js';
import { journal, journalOpened, journalReplaced } from './journal.js';
import { recordStart, recordStop, watchHand } from './hand.js';
import { within } from './limits.js';
import { navigate } from './navigate.js';
import { originRule } from './origins.js';
import { page } from './pages.js';
import { about } from './permissions.js';
import { redirect } from './redirects.js';
import { screenshot } from './shots.js';
import { closeTab, newTab, showTab, tab, tabs } from './tabs.js';

// The pages' own limits are shorter, except for a wait that was asked for.
const ANSWER_MS = 30_000;

const OPS = {
  about,
  tabs,
  tab,
  new_tab: newTab,
  close_tab: closeTab,
  show_tab: showTab,
  navigate,
  page,
  screenshot,
  probe: ({ effect }) => effects.probe(effect),
  fence,
  group,
  watch_hand: watchHand,
  record_start: recordStart,
  record_stop: recordStop,
  origin_rule: originRule,
  redirect,
  journal,
  journal_opened: journalOpened,
  journal_replaced: journalReplaced,
};

export async function answer(op) {
  try {
    if (!Object.hasOwn(OPS, op.op)) throw new Failure('unknown_op', String(op.op));
    return await within(ANSWER_MS + (op.request?.ms ?? 0), OPS[op.op](op));
  } catch (error) {
    return failure(error);
  }
}
