//! What a cell shows beside text: tables, charts and pictures as data. Whoever draws them reads them as a stranger's again.

const ROWS_MAX = 1_000;
const COLUMNS_MAX = 50;
const POINTS_MAX = 20_000;
const SERIES_MAX = 20;
const TYPES = new Set(['line', 'bar', 'scatter', 'pie', 'area']);

/** Tabular Data Resource of rows: objects, or lists. */
export function table(rows, columns) {
  const list = Array.from(rows ?? []);
  const names = (columns ? Array.from(columns, String) : [...new Set(list.slice(0, 100).flatMap((row) => Object.keys(row ?? {})))]).slice(0, COLUMNS_MAX);
  const kept = list.slice(0, ROWS_MAX).map((row) => Object.fromEntries(names.map((name, at) => [name, plain(columns && Array.isArray(row) ? row[at] : row?.[name])])));
  const fields = names.map((name) => ({ name, type: kept.every((row) => row[name] === null || typeof row[name] === 'number') ? 'number' : 'string' }));
  const lines = [names.join('\t'), ...kept.slice(0, 30).map((row) => names.map((name) => row[name]).join('\t'))];
  if (list.length > 30) lines.push(`.. ${list.length} rows in all`);
  return { 'application/vnd.dataresource+json': { schema: { fields }, data: kept, rows: list.length }, 'text/plain': lines.join('\n') };
}

/** A chart's data: `{type, x, series: [{name, y}], title}`; `y` alone is one series; points may be `[x, y]`. */
export function chart({ type = 'line', x, y, series, title = '', xTitle = '', yTitle = '' } = {}) {
  if (!TYPES.has(type)) throw new TypeError(`a chart's type is one of ${[...TYPES].join(', ')}`);
  const given = series ? Array.from(series) : [{ name: '', y }];
  if (given.length > SERIES_MAX) throw new RangeError(`a chart has at most ${SERIES_MAX} series`);
  const labels = x === undefined ? null : Array.from(x, plain);
  const kept = given.map((one, at) => {
    const values = Array.from(one?.y ?? one?.data ?? one?.points ?? []);
    if (values.length === 0) throw new TypeError(`series ${at + 1} of the chart has no values: give it y: [..]`);
    if (values.length > POINTS_MAX) throw new RangeError(`a chart has at most ${POINTS_MAX} points in a series`);
    return { name: String(one?.name ?? one?.label ?? ''), y: values.map(point) };
  });
  const all = kept.map(({ name, y: values }) => `${name || 'values'}: ${values.length} points`).join('; ');
  const spec = { type, title: String(title), xTitle: String(xTitle), yTitle: String(yTitle), x: labels, series: kept };
  return { 'application/vnd.peerd.chart.v1+json': spec, 'text/plain': `[${type} chart${title ? ` ${JSON.stringify(String(title))}` : ''}: ${all}]` };
}

/** A picture: PNG, JPEG or SVG. */
export function image(bytes, mime) {
  const type = mime ?? (typeof bytes === 'string' ? 'image/svg+xml' : 'image/png');
  if (!['image/png', 'image/jpeg', 'image/svg+xml'].includes(type)) throw new TypeError('a picture is image/png, image/jpeg or image/svg+xml');
  const data = typeof bytes === 'string' ? bytes.replace(/^data:[^,]*,/, '') : base64(new Uint8Array(bytes));
  const words = type === 'image/svg+xml' ? `[picture: ${data.length} characters of SVG]` : `[picture: ${type}]`;
  return { [type]: type === 'image/svg+xml' && typeof bytes !== 'string' ? new TextDecoder().decode(bytes) : data, 'text/plain': words };
}

function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function point(value) {
  if (Array.isArray(value) && value.length >= 2) return [plain(value[0]), Number(value[1])];
  if (value && typeof value === 'object' && 'x' in value && 'y' in value) return [plain(value.x), Number(value.y)];
  const number = Number(value);
  return value === null || Number.isNaN(number) ? null : number;
}

// Of a cell of a table, or of an axis.
function plain(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  return (typeof value === 'object' ? JSON.stringify(value) ?? '' : String(value)).slice(0, 500);
}
