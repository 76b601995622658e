//! A Worker with one vat of guests: the page says what it does, and hears what comes of it.
import init, { Shard } from "/module/crowd.js";
import { attach } from "/guests/kernel.js";

let shard;

async function boot({ number, life, others, guests, isApart, linger }) {
  const [exports, module] = await Promise.all([init({ module_or_path: "/module/crowd_bg.wasm" }), fetch("/hop.wasm").then((response) => response.arrayBuffer())]);
  attach(exports, () => shard.ran());
  shard = new Shard(number, life, new Uint8Array(module), (word) => self.postMessage({ word }));
  shard.linger(linger);
  shard.boot(new Uint32Array(others), guests, isApart);
}

const CALLS = {
  boot,
  join: ({ peer, port, shared }) => shard.join(peer, port, shared),
  start: () => shard.start(),
  begin: ({ tokens, hops }) => shard.begin(tokens, hops),
};

self.onmessage = async ({ data: { call, words } }) => {
  try {
    await CALLS[call](words);
    self.postMessage({ word: `did ${call}` });
  } catch (error) {
    self.postMessage({ word: `failed ${call}: ${error?.message ?? error} ${error?.stack ?? ""}` });
  }
};
