//! An archive as the kernel reads it ("newc"): `[path, mode, bytes]`.

const hex = (number) => number.toString(16).padStart(8, "0").toUpperCase();
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export function archive(files) {
  const one = ([path, mode, bytes], nth) => {
    const name = Buffer.from(`${path}\0`);
    const head = ["070701", ...[nth + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0].map(hex)].join("");
    return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(bytes)]);
  };
  return Buffer.concat([...files, ["TRAILER!!!", 0, Buffer.alloc(0)]].map(one));
}
