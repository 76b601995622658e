//! AssemblyScript to a guest's module: the author's file is completed, compiled with the library, and given what the compiler has no word for.
//! No clock, no network, no files: texts in, bytes or words out. Equal texts give equal bytes.
import * as asc from 'assemblyscript/asc';
import binaryen from 'binaryen';
import { complete } from './behaviour.js';
import { Places } from './places.js';
import { inWords, told } from './told.js';

/** Limits: of the author's file, and of what is said of it. */
const TEXT_MAX = 128 << 10;
const WRONG_MAX = 12;
const STATE_MAX = 65_536, MESSAGE_MAX = 65_536 + 40;
/** Behind the two buffers of peerd.ts. */
const MEMORY_BASE = 132_160;
const MEMORY_PAGES = 16;

const WORDS = [
  'peerd/main.ts', '--outFile', 'out.wasm', '-O2', '--runtime', 'stub', '--noColors',
  '--use', 'abort=__peerd_abort', '--use', 'seed=__peerd_seed', '--memoryBase', String(MEMORY_BASE), '--initialMemory', '4', '--maximumMemory', String(MEMORY_PAGES),
];

const main = (name) => `import { turn } from "./peerd";
import { __Guest } from "../${name}";
export { peerd_state, peerd_message } from "./peerd";
const guest = new __Guest();
export function peerd_turn(state: i32, message: i32): i32 { return turn(guest, state, message) }
`;

/** `{ wasm, handles }`, or `{ wrong }`: lines with their places. `library`: the texts of ours, by their files' names. */
export async function compile(name, text, library) {
  if (text.length > TEXT_MAX) return { wrong: [`the file is longer than ${TEXT_MAX >> 10} KiB`] };
  const whole = complete(name, text);
  if (whole.wrong) return { wrong: whole.wrong.map(inWords) };
  const files = new Map([...Object.entries(library), ['peerd/main.ts', main(name)], [`${name}.ts`, whole.text]]);
  const wrong = [];
  let wasm;
  const { error } = await asc.main(WORDS, {
    stdout: asc.createMemoryStream(),
    stderr: asc.createMemoryStream(),
    // Whatever else it asks for is not there: its own library is in it.
    readFile: (file) => files.get(file) ?? null,
    writeFile: (file, content) => {
      if (file === 'out.wasm') wasm = content;
    },
    listFiles: () => [],
    transforms: [new Places(`${name}.ts`)],
    reportDiagnostic: (found) => {
      if (found.category === 3) wrong.push(placed(told(found, (file) => files.get(file)), name, text));
    },
  });
  if (wrong.length > 0) return { wrong: several(wrong.map(inWords)) };
  if (error || !wasm) return { wrong: [`the compiler failed: ${error?.message ?? 'it gave nothing'}`] };
  return { wasm: finish(wasm), handles: whole.handles };
}

/** What was added to the file is no place of its author's: the end of the line it stands on is. */
function placed(found, name, text) {
  const line = text.split('\n')[found.line - 1];
  if (found.file !== `${name}.ts` || line === undefined) return { message: found.message };
  return { ...found, column: Math.min(found.column, line.length + 1) };
}

function several(lines) {
  const once = [...new Set(lines)];
  return once.length > WRONG_MAX ? [...once.slice(0, WRONG_MAX), `.. and ${once.length - WRONG_MAX} more`] : once;
}

/** A failure leaves by an exception, which the turn's own function catches; and the section of the guest ABI. */
function finish(wasm) {
  const module = binaryen.readBinary(wasm);
  try {
    const { Features } = binaryen;
    module.setFeatures(module.getFeatures() | Features.ExceptionHandling | Features.ReferenceTypes | Features.Multivalue);
    module.addTag('failed', binaryen.none, binaryen.none);
    for (let at = 0; at < module.getNumFunctions(); at++) {
      const found = binaryen.getFunctionInfo(module.getFunctionByIndex(at));
      if (found.module !== 'peerd' || found.base !== 'failed') continue;
      module.removeFunction(found.name);
      module.addFunction(found.name, binaryen.none, binaryen.none, [], module.throw('failed', []));
    }
    const exported = binaryen.getExportInfo(module.getExport('peerd_turn'));
    module.removeExport('peerd_turn');
    const { i32 } = binaryen;
    const inner = module.call(exported.value, [module.local.get(0, i32), module.local.get(1, i32)], i32);
    module.addFunction('turn', binaryen.createType([i32, i32]), i32, [], module.try('', inner, ['failed'], [module.i32.const(-1)]));
    module.addFunctionExport('turn', 'peerd_turn');
    module.addCustomSection('peerd.abi', new Uint8Array(Uint32Array.of(1, STATE_MAX, MESSAGE_MAX).buffer));
    module.runPasses(['translate-to-exnref']);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
