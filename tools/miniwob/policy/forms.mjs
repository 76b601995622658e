//! Tasks that fill in fields and press the button.
import { COLORS, click, did, fields, pick, put, scroll, see, select, type, wait } from "./page.mjs";

export const FORMS = [
  [/^Enter "(.*)" into the text field and press Submit\.$/, typed],
  [/^Type "(.*)" in all (upper|lower) case letters in the text input and press Submit\.$/, typed],
  [/^Enter the password "(.*)" into both text fields and press submit\.$/, typed],
  [/^Enter the username "(.*)" and the password "(.*)" into the text fields and press login\.$/, login],
  [/^Enter (.* [AP]M) as the time and press submit\.$/, time],
  [/^Select (.*) from the list and click Submit\.$/, chosen],
  [/^Select (.*) from the scroll list and click Submit\.$/, chosen],
  [/^Select (.*) and click Submit\.$/, ticked],
  [/^Focus into the (?:(\d)\w\w input )?textbox\.$/, focused],
  [/^Check the (\d)\w\w radio button and enter the number "(-?\d+)" into the (\d)\w\w textbox\.$/, radioAndNumber],
  [/^Search for (\w+) movies directed by (\w+) from year (\d+)\.$/, movie],
  [/^Type the text below into the text field/, shown],
  [/^Enter an item that starts with "(.*?)"(?: and ends with "(.*)")?\.$/, completed],
  [/^Choose (.*) from the dropdown, then click the button labeled "(.*)"\.$/, dropped],
  [/^Select (\w+) with the color picker and hit Submit\.$/, tinted],
  [/^Select the following color\s+with the color picker/, tinted],
  [/^Scroll the textarea to the (top|bottom) of the text/, scrolled],
  [/^Scroll to the bottom of the textarea, enter the name "(.*)" then press "(.*)"$/, signed],
  [/^Click the (cancel) button\.$/, signed],
  [/^Using the text editor, (?:give|make) (?:everything|the text (\S+)) the (style|color) (\w+)\b/, styled],
  [/^Highlight the text in the (?:(\d)\w\w )?paragraph/, highlighted],
];

function* typed(text, letters) {
  const page = yield* see();
  const value = letters === "upper" ? text.toUpperCase() : letters === "lower" ? text.toLowerCase() : text;
  return [...fields(page).map((field) => put(field, value)), click(page.button())];
}

function* login(user, password) {
  const page = yield* see();
  return [put(page.named("Username", /textbox/), user), put(page.named("Password", /textbox/), password), click(page.button())];
}

function* time(words) {
  const page = yield* see();
  return [put(fields(page)[0], words), click(page.button())];
}

function* chosen(words) {
  const page = yield* see();
  const list = page.one("list", (node) => /^(combobox|listbox)$/.test(node.role));
  const held = (at) => (at ? "ctrl" : undefined);
  const calls = list.role === "combobox" ? [put(list, words)] : words.split(", ").map((name, at) => click(page.named(name, /option/), held(at)));
  return [...calls, click(page.button())];
}

function* ticked(words) {
  const page = yield* see();
  const names = words === "nothing" ? [] : words.split(", ");
  return [...names.map((name) => click(page.named(name, /checkbox|radio/))), click(page.button())];
}

function* focused(nth = 1) {
  const page = yield* see();
  return click(fields(page)[nth - 1]);
}

function* radioAndNumber(radio, number, field) {
  const page = yield* see();
  return [click(page.roles("radio")[radio - 1]), put(fields(page)[field - 1], number), click(page.button())];
}

function* movie(genre, director, year) {
  const page = yield* see();
  const filled = [[/genre/i, genre], [/director/i, director], [/year|date/i, year]].map(([label, words]) => put(page.named(label, /textbox/), words));
  return [...filled, click(page.button())];
}

function* highlighted(nth = 1) {
  const page = yield* see();
  return [select(page.roles("text")[nth], 0, 100000), click(page.button())];
}

function* shown() {
  const page = yield* see();
  return [put(fields(page)[0], page.roles("text")[1].name), click(page.button())];
}

function* completed(first, last = "") {
  const page = yield* see();
  const list = yield* did(type(first, fields(page)[0]), wait(700));
  return [pick(list, (name) => name.startsWith(first) && name.endsWith(last)), click(page.button())];
}

function* dropped(words, button) {
  const page = yield* see();
  return [put(page.roles("combobox")[0], words), click(page.button(button))];
}

function* tinted(name) {
  const page = yield* see();
  const hex = name ? COLORS[name].slice(1) : page.one("swatch", (node) => node.rgb && node.role === "generic").rgb.slice(1);
  return [put(fields(page)[0], hex), click(page.button())];
}

const toEnd = (node, way) => Array.from({ length: 4 }, () => scroll(node, way));

function* scrolled(where) {
  const page = yield* see();
  return [...toEnd(fields(page)[0], where === "top" ? "up" : "down"), click(page.button())];
}

function* signed(name, button = "Cancel") {
  const page = yield* see();
  if (name === "cancel") return click(page.button("Cancel"));
  const [text, field] = page.roles("textbox");
  return [...toEnd(text, "down"), put(field, name), click(page.button(button))];
}

const STYLES = { bold: "ql-bold", italics: "ql-italic", underlined: "ql-underline" };

function* styled(words, what, how) {
  const page = yield* see();
  const editor = page.one("editor", (node) => node.class === "ql-editor");
  // The word on its own, not within a longer one.
  const start = words ? ` ${editor.value} `.replace(/\s/g, " ").indexOf(` ${words} `) : 0;
  const mark = select(editor, start, start + (words ?? editor.value).length);
  if (what === "style") return [mark, click(page.one(how, (node) => node.class === STYLES[how])), click(page.button())];
  const palette = yield* see(mark, click(page.one("colors", (node) => node.class === "ql-picker-label")));
  return [click(palette.one(how, (node) => node.class.startsWith("ql-picker-item") && node.color === how)), click(page.button())];
}
