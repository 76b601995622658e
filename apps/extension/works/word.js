//! A word out of data that anybody may have written: an object there is none, whatever it says that it is as text.
export function word(value, most) {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).slice(0, most) : '';
}
