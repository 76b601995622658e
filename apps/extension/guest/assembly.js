//! The Worker in which AssemblyScript is compiled, once: a compiler that is fed a text of anybody's is as little trusted as the text.
//! The compiler itself is `peerdCompiler`, before this in the same script: megabytes, which are not read before there is somebody to talk to.
import { E, Far } from 'captp';
import { begin } from './begin.js';

begin((host) => {
  const runner = Far('runner', {
    async compile(name, text) {
      const compile = await peerdCompiler();
      let { wasm: module, wrong } = await compile(name, text);
      if (module && !WebAssembly.validate(module)) [module, wrong] = [undefined, ['this browser is too old for what was compiled: it needs exceptions, as Chromium has them since 137']];
      return JSON.stringify(module ? { wasm: base64(module) } : { wrong: wrong.map((line) => line.toWellFormed()) });
    },
  });
  E(host).here(runner);
});

function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
