//! What is started when there is something to compile: the bundle that this is the entry of is one function, which waits for the compiler's own
//! wasm, and gives what is left here.
import { compile } from './compile.js';
import { library } from './library.js';

globalThis.peerdCompile = (name, text) => compile(name, text, library);
