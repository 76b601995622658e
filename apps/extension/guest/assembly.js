//! The Worker in which AssemblyScript is compiled, once: a compiler that is fed a text of anybody's is as little trusted as the text.
//! What the bundle waits for at its top is waited for before this file runs; what came meanwhile is in `peerdEarly`.
import { E, Far, open } from 'captp';
import { compile } from './assembly/compile.js';
import { library } from './assembly/library.js';
import { narrow } from './realm.js';

const post = self.postMessage.bind(self);
const wire = {
  postMessage: (data, transfer) => post(data, transfer ?? []),
  set onmessage(heard) {
    self.onmessage = heard;
  },
  close() {},
};
narrow(self);

async function begin({ data: { wasm, ticket } }) {
  const early = [];
  self.onmessage = (event) => early.push(event);
  const captp = await open({ module: await WebAssembly.compile(wasm) });
  const connection = captp.connect(wire);
  for (const event of early) self.onmessage(event);
  const host = connection.fetch(Uint8Array.from(ticket.match(/../g), (pair) => parseInt(pair, 16)));
  const runner = Far('runner', {
    async compile(name, text) {
      // Not in the middle of what the session is doing.
      await null;
      let { wasm: module, wrong } = await compile(name, text, library);
      if (module && !WebAssembly.validate(module)) [module, wrong] = [undefined, ['this browser is too old for what was compiled: it needs exceptions, as Chromium has them since 137']];
      return JSON.stringify(module ? { wasm: base64(module) } : { wrong: wrong.map((line) => line.toWellFormed()) });
    },
  });
  E(host).here(runner);
}

function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

const [first, ...rest] = peerdEarly;
if (first) {
  begin(first);
  for (const event of rest) self.onmessage(event);
} else self.onmessage = begin;
