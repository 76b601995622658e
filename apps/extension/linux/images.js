//! The images that this build carries, and what was kept of machines that booted from them: so that one boots once and is resumed
//! ever after.

// In the origin's private file system.
const FOLDER = 'linux';
const FILES = ['bios.bin', 'vgabios.bin', 'kernel', 'initrd'];

/** `{image, hash, memory_mb, cmdline, files}`, or null: this build has no such image. */
export async function about(name) {
  const answer = await fetch(`linux/${name}/image.json`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** What a machine boots from. */
export async function load(about) {
  const [bios, vgabios, kernel, initrd] = await Promise.all(FILES.map((file) => bytes(`linux/${about.image}/${file}`)));
  // A blob: the browser keeps it where it is, and gives what is read.
  const disk = about.files.disk && new File([await held(`linux/${about.image}/disk`)], 'disk');
  return { bios, vgabios, kernel, initrd, disk, memory_mb: about.memory_mb, cmdline: about.cmdline };
}

// The browser keeps a copy of it on the computer's disk, and says of no room there only that nothing was fetched.
async function held(path) {
  try {
    return await (await fetch(path)).blob();
  } catch {
    throw new Error('its disk could not be read, which happens when little room is left on the disk of this computer');
  }
}

/** What a machine runs in: its script, and what that can't fetch by itself. `proxy`: null where this build has none. */
export async function emulator() {
  const [script, wasm, proxy] = await Promise.all([
    fetch('linux/worker.js').then((answer) => answer.text()), bytes('linux/v86.wasm'), bytes('linux/proxy_bg.wasm').catch(() => null),
  ]);
  return { script, wasm, proxy };
}

/** The state of a machine that had booted from exactly this image in exactly this emulator: `{bytes, sent}` or null. */
export async function kept(about) {
  try {
    const file = await (await (await folder()).getFileHandle(await name(about))).getFile();
    const all = await file.arrayBuffer();
    const [length] = new Uint32Array(all.slice(-4));
    const { sent, size } = JSON.parse(new TextDecoder().decode(all.slice(-4 - length, -4)));
    // What was cut off while it was written does not have its own size at its end.
    return size === all.byteLength - 4 - length ? { bytes: all.slice(0, size), sent } : null;
  } catch {
    return null;
  }
}

/** Keeps a state; those of other images of this name, and of other emulators, go. Answers its size in bytes. */
export async function keep(about, { bytes, sent }) {
  const own = await name(about);
  const all = await folder();
  for await (const other of all.keys()) {
    if (other.startsWith(`${about.image}-`) && other !== own) await all.removeEntry(other).catch(() => {});
  }
  const end = new TextEncoder().encode(JSON.stringify({ sent, size: bytes.byteLength }));
  const file = await (await all.getFileHandle(own, { create: true })).createWritable();
  await file.write(bytes);
  await file.write(end);
  await file.write(new Uint32Array([end.length]));
  await file.close();
  return bytes.byteLength;
}

/** Nothing is resumed from it any more. */
export async function forget(about) {
  await (await folder()).removeEntry(await name(about)).catch(() => {});
}

async function folder() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

let hash;

/** Two emulators have two ideas of a state. */
async function name(about) {
  hash ??= Promise.all([bytes('linux/worker.js'), bytes('linux/v86.wasm')]).then(async (both) => digest(await new Blob(both).arrayBuffer()));
  return `${about.image}-${about.hash.slice(0, 16)}-${(await hash).slice(0, 16)}`;
}

async function digest(bytes) {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function bytes(path) {
  return (await fetch(path)).arrayBuffer();
}
