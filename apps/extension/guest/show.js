//! A value as text, for whoever reads a result: short, whatever the value is, and never a way to run for long.

const DEPTH_MAX = 4;
const ITEMS_MAX = 100;
const TEXT_MAX = 100_000;

export function show(value) {
  if (typeof value === 'string') return cut(value);
  try {
    return cut(text(value, 0, new Set()));
  } catch (error) {
    return `[could not be shown: ${said(error)}]`;
  }
}

/** Name, message and where it was thrown, in lines of the code. */
export function said(error) {
  try {
    if (!(error instanceof Error)) return `${show(error)} was thrown`;
    const at = /<anonymous>:(\d+):(\d+)/.exec(error.stack ?? '');
    // Two lines come before the code's own in a function made of text.
    const where = at ? ` (line ${Math.max(1, at[1] - 2)}, column ${at[2]})` : '';
    return cut(`${error.name}: ${error.message}${where}`);
  } catch {
    return 'something was thrown';
  }
}

function text(value, depth, above) {
  switch (typeof value) {
    case 'string': return JSON.stringify(cut(value));
    case 'bigint': return `${value}n`;
    case 'function': return `[function ${value.name || 'without a name'}]`;
    case 'object': return value === null ? 'null' : object(value, depth, above);
    default: return String(value);
  }
}

function object(value, depth, above) {
  if (above.has(value)) return '[itself]';
  if (value instanceof Error) return said(value);
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (depth >= DEPTH_MAX) return Array.isArray(value) ? '[..]' : '{..}';
  const inner = new Set(above).add(value);
  const each = (item) => text(item, depth + 1, inner);
  const list = (items, length) => [...items, ...(length > ITEMS_MAX ? [`.. ${length - ITEMS_MAX} more`] : [])].join(', ');
  if (Array.isArray(value)) return `[${list(value.slice(0, ITEMS_MAX).map(each), value.length)}]`;
  if (ArrayBuffer.isView(value) && value.length !== undefined) {
    return `${value.constructor.name}(${value.length}) [${list(Array.from(value.subarray(0, ITEMS_MAX), String), value.length)}]`;
  }
  if (value instanceof Map) return `Map(${value.size}) {${list([...value].slice(0, ITEMS_MAX).map(([key, item]) => `${each(key)} => ${each(item)}`), value.size)}}`;
  if (value instanceof Set) return `Set(${value.size}) {${list([...value].slice(0, ITEMS_MAX).map(each), value.size)}}`;
  const entries = Object.entries(value);
  return `{${list(entries.slice(0, ITEMS_MAX).map(([key, item]) => `${key}: ${each(item)}`), entries.length)}}`;
}

const cut = (text) => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}..` : text);
