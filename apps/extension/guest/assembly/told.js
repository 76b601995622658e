//! What is wrong with a file, in words with the place: the line and the column are counted from 1.

/** Of a diagnostic of the compiler's, or one of ours: a message and a range, which may be missing; `textOf` gives the text of a file by its name. */
export function told({ message, range, code }, textOf) {
  // 102: words of our library's own.
  const words = code === 102 ? message.replace(/^User-defined: "(.*)"$/, '$1') : code ? `${message} (${code})` : message;
  if (!range) return { message: words };
  const file = range.source.normalizedPath;
  const text = textOf(file);
  if (text === undefined) return { message: words };
  const before = text.slice(0, range.start);
  return { file, line: before.split('\n').length, column: range.start - before.lastIndexOf('\n'), message: words };
}

export const inWords = ({ file, line, column, message }) => (file === undefined ? message : `${file}:${line}:${column}: ${message}`);
