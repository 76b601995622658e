//! What of the language goes through our own stand-ins for a C library, and some that does not. Node says what it comes to.
const words = () => [
  [0.1, 1e21, 1.7976931348623157e308, 5e-324, -1.5, 123456789012345680000, -0, 1 / 3, 2 ** 53, 1e-7],
  JSON.parse('[0.1,1e21,1.7976931348623157e308,5e-324,-1.5E+2,0.30000000000000004,9007199254740993]'),
  [(1.005).toFixed(2), (1234.5678).toExponential(3), (0.000123).toPrecision(2), (255).toString(16), (0.5).toString(2), parseFloat('1e3x'), Number('0x1f'), parseInt('z', 36)],
  [new Date(0).toISOString(), new Date(1e12).toUTCString(), Date.parse('2024-02-29T12:34:56.789Z'), new Date(NaN).getTime()],
  [String(2n ** 64n), String(-(7n ** 30n) / 3n), BigInt.asIntN(8, 255n).toString()],
  ['Grüße'.normalize('NFD').length, 'ǅ'.toLowerCase(), 'ß'.toUpperCase(), '😀'.codePointAt(0), [...'a😀'].length, 'ab'.padStart(5, 'xy'), '\ud800'],
  ['2024-05-06'.replace(/(?<y>\d+)-(?<m>\d+)-(?<d>\d+)/, '$<d>.$<m>.$<y>'), 'Ünïcode wörds'.match(/\p{L}+/gu), 'aBc'.replace(/b/i, x => x + x), /(?<=\$)\d+/.exec('cost $42')[0], 'a1b22'.split(/\d+/)],
  [Math.sin(1), Math.pow(2, 0.5), Math.hypot(3, 4), Math.expm1(1e-10), Math.atan2(1, -1), Math.fround(5.5), Math.clz32(1), Math.cbrt(27), Math.log1p(0.5)],
  [[3, 1, 2].toSorted(), [1, [2, [3]]].flat(Infinity), Object.entries({ b: 1, a: 2 }), Array.from(new Set([1, 1, 2])), [...new Map([[1, 2]])], [1, 2, 3].at(-1)],
  (() => { try { null.x } catch (e) { return e.name } })(),
  (() => { class A { #p = 1; static s = 2; get p() { return this.#p } } function* g() { yield* [1, 2] } const { a, ...rest } = { a: 1, b: 2 }; return [new A().p, A.s, ...g(), rest, `${a ?? 5}`, label()] })(),
]
function label() { outer: for (const x of [1, 2]) for (const y of [1, 2]) if (x * y === 2) break outer; return [1, 2, 3].reduceRight((a, b) => a - b) }
export default { handle: { words } }
