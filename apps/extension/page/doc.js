//! The document's own name: random, kept for as long as the document lives, shared by every script of ours in it.

const KEY = Symbol.for("peerd.page.doc");

export const DOC = (globalThis[KEY] ??= Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join(""));
