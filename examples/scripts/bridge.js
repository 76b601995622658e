//! It speaks with actors whose messages are bytes: a counter of examples/guests, and whoever takes it for one.
const number = bytes => Number(new DataView(bytes.buffer).getBigUint64(0, true))
const add = more => {
  const bytes = new Uint8Array(9)
  new DataView(bytes.buffer).setBigUint64(1, BigInt(more), true)
  return bytes
}
const GET = Uint8Array.of(1)

export default {
  init: () => ({ total: 7, last: null }),
  handle: {
    use(state, { counter, more }, ctx) {
      ctx.send(counter, add(more))
      ctx.call(counter, GET, undefined, { then: 'got' })
    },
    got(state, { bytes, failed }) {
      state.last = failed ?? number(bytes)
    },
    last: state => state.last,
  },
  bytes(state, { bytes }) {
    if (bytes[0] === 0) state.total += number(bytes.slice(1))
    if (bytes[0] === 1) return { bytes: add(state.total).slice(1) }
  },
}
