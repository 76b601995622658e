//! A notebook's kernel: the Worker in which its cells run, one after the other, with one scope for all of them.
import { E, Far } from 'captp';
import { begin } from './begin.js';
import { cell } from './cell.js';
import { fetching } from './net.js';
import { chart, image, table } from './rich.js';
import { show } from './show.js';

// What code says goes out at once, but no more often than this, or when there is so much of it.
const FLUSH_MS = 50;
const FLUSH_CHARS = 64 << 10;
// Of an error's way through the cells.
const TRACE_MAX = 10;

// Kept from before any cell ran.
const { stringify } = JSON;

begin((host, captp) => {
  let said = '', stream = 'stdout', flushed = -Infinity;
  const send = () => {
    if (said !== '') E.sendOnly(host).out(stream, said);
    said = '';
  };
  const says = (to) => (...values) => {
    const text = `${values.map(show).join(' ').slice(0, FLUSH_CHARS)}\n`.toWellFormed();
    if (to !== stream) send();
    stream = to;
    if (said === '') queueMicrotask(send);
    said += text;
    if (performance.now() - flushed < FLUSH_MS && said.length < FLUSH_CHARS) return;
    flushed = performance.now();
    send();
    captp.flush();
  };
  const shows = (bundle) => {
    send();
    E.sendOnly(host).show(stringify(bundle).toWellFormed());
    captp.flush();
  };
  const bytes = async (path) => new Uint8Array(await E(host).read(String(path)));
  const files = Object.freeze({
    read: bytes,
    readText: async (path) => new TextDecoder().decode(await bytes(path)),
    readJson: async (path) => JSON.parse(new TextDecoder().decode(await bytes(path))),
    write: async (path, content) => E(host).write(String(path), typeof content === 'string' ? content.toWellFormed() : new Uint8Array(content.buffer ?? content, content.byteOffset ?? 0, content.byteLength)),
    list: async () => E(host).files(),
    remove: async (path) => E(host).remove(String(path)),
  });
  const [out, err] = [says('stdout'), says('stderr')];
  const given = {
    console: Object.freeze({ log: out, info: out, debug: out, table: (rows, columns) => shows(table(rows, columns)), warn: err, error: err }),
    display: (...values) => values.forEach((value) => shows({ 'text/plain': show(value) })),
    table: (rows, columns) => shows(table(rows, columns)),
    chart: (spec) => shows(chart(spec)),
    image: (picture, mime) => shows(image(picture, mime)),
    files,
    fetch: undefined,
  };
  // Cells may give these names to things of their own.
  const scope = Object.create(Object.assign(Object.create(null), given));

  const runner = Far('runner', {
    run: async (id, code, origins) => {
      Object.getPrototypeOf(scope).fetch = fetching(origins);
      // Not in the middle of what the session is doing.
      await null;
      try {
        const { names, body } = cell(code);
        for (const name of names) scope[name] = undefined;
        const run = (0, eval)(`(async function () { with (this) { ${body}\n} })\n//# sourceURL=${id}`);
        const result = await run.call(scope);
        return result === undefined ? '' : stringify({ 'text/plain': show(result) }).toWellFormed();
      } catch (error) {
        throw new Error(stringify(thrown(error, id)).toWellFormed());
      } finally {
        send();
      }
    },
  });
  E(host).here(runner);
});

/** Name, message, and where it was thrown, in lines of cells. */
function thrown(error, id) {
  try {
    if (!(error instanceof Error)) return { ename: 'Thrown', evalue: show(error), trace: '' };
    // A parser's word on where, which the browser's own lacks.
    if (error.loc) return { ename: 'SyntaxError', evalue: error.message.replace(/ \(\d+:\d+\)$/, ''), trace: `at ${id}, line ${error.loc.line}, column ${error.loc.column + 1}` };
    const lines = [...String(error.stack ?? '').matchAll(/at (?:async )?(?:(\S+) \()?([\w-]{1,64}):(\d+):\d+\)?/g)];
    const trace = lines.slice(0, TRACE_MAX).map(([, name, cell, line]) => `at ${cell}, line ${line}${name && name !== 'run' && name !== 'eval' ? `, in ${name}` : ''}`);
    return { ename: String(error.name), evalue: String(error.message), trace: trace.join('\n') };
  } catch {
    return { ename: 'Error', evalue: 'something was thrown', trace: '' };
  }
}
