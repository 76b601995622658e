//! What comes out of a sandbox is a stranger's, whatever ran in it first: its shape and its size are looked at here, before anybody reads it.

/** What a sandbox is ended with. */
export const NO_MESSAGE = 'it sent what is no message';

// Limits: of words, of what programs in a machine ask for (as its proxy has them, with room for what it adds), and of a machine that is kept.
const LINE_MAX = 200;
const LOG_MAX = 16 << 10;
const HEAD_MAX = 64 << 10;
const HEADERS_MAX = 100;
const BODY_MAX = (256 << 10) + 1;
const SAVED_MAX = 1 << 30;

/** A stranger's words for whoever looks: short, and fit to be sent on. */
export const line = (text) => text.slice(0, LINE_MAX).toWellFormed();

/** How much memory these bring along; null: they are no bytes, or such as somebody could still change. */
export function carried(bytes) {
  if (!(bytes instanceof Uint8Array) || !(bytes.buffer instanceof ArrayBuffer) || bytes.buffer.resizable) return null;
  return bytes.buffer.byteLength;
}

/** These alone: a view goes on with all that it is a view of. */
export const tight = (bytes) => (bytes.byteLength < bytes.buffer.byteLength ? bytes.slice() : bytes);

/** What an emulator says, and how large it is: `{said, size}`; null: it is no message. */
export function news(it) {
  const keys = typeof it === 'object' && it !== null ? Object.keys(it) : [];
  const kind = Object.keys(KINDS).find((kind) => keys.includes(kind));
  // Of what nobody reads nothing is let in either.
  if (!kind || keys.some((key) => !KINDS[kind].keys.includes(key))) return null;
  return KINDS[kind].read(it);
}

const small = (said) => ({ said, size: 0 });
const isNumber = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
const isText = (value) => typeof value === 'string';

const KINDS = {
  ready: { keys: ['ready'], read: ({ ready }) => (ready === true ? small({ ready }) : null) },
  broken: { keys: ['broken'], read: ({ broken }) => (isText(broken) ? small({ broken: line(broken) }) : null) },
  abort: { keys: ['abort'], read: ({ abort }) => (isNumber(abort) ? small({ abort }) : null) },
  asked: { keys: ['asked'], read: ({ asked }) => request(asked) },
  call: { keys: ['call', 'memory', 'saved', 'failed', 'log'], read: answer },
  job: { keys: ['job', 'out', 'err', 'exit', 'why'], read: said },
};

function answer({ call, memory, saved, failed, log }) {
  if (!isNumber(call)) return null;
  if (isNumber(memory)) return small({ call, memory });
  if (isText(failed)) return small({ call, failed: line(failed) });
  if (isText(log)) return small({ call, log: log.slice(-LOG_MAX).toWellFormed() });
  const isState = saved?.bytes instanceof ArrayBuffer && !saved.bytes.resizable && saved.bytes.byteLength <= SAVED_MAX && isNumber(saved.sent);
  return isState ? small({ call, saved: { bytes: saved.bytes, sent: saved.sent } }) : null;
}

function said({ job, out, err, exit, why }) {
  if (!isNumber(job)) return null;
  const piece = out ?? err;
  if (piece === undefined) return isNumber(exit) && (why === undefined || isText(why)) ? small({ job, exit, ...(why && { why: line(why) }) }) : null;
  const size = carried(piece);
  return size === null ? null : { said: { job, [out ? 'out' : 'err']: tight(piece) }, size };
}

function request(it) {
  if (typeof it !== 'object' || it === null) return null;
  const { ask, credentials, method, url, headers, body = new Uint8Array() } = it;
  const isPair = (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
  if (!isNumber(ask) || ![credentials, method, url].every(isText) || !Array.isArray(headers) || headers.length > HEADERS_MAX || !headers.every(isPair)) return null;
  const head = [credentials, method, url, ...headers.flat()].reduce((sum, text) => sum + text.length, 0), size = carried(body);
  if (size === null || size > BODY_MAX || head > HEAD_MAX) return null;
  const text = (text) => text.toWellFormed();
  const pairs = headers.map((pair) => pair.map(text));
  return { said: { asked: { ask, credentials: text(credentials), method: text(method), url: text(url), headers: pairs, body: tight(body) } }, size: size + head };
}
