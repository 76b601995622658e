//! Tasks that fill in fields and press the button.
import { click, did, key, put, read, scroll, see, select, type, wait } from "./page.mjs";

export const FORMS = [
  [/^Enter "(.*)" into the text field and press Submit\.$/, typed],
  [/^Type "(.*)" in all (upper|lower) case letters in the text input and press Submit\.$/, typed],
  [/^Enter the password "(.*)" into both text fields and press submit\.$/, typed],
  [/^Enter the username "(.*)" and the password "(.*)" into the text fields and press login\.$/, login],
  [/^Enter (\d+)\/(\d+)\/(\d+) as the date and hit submit\.$/, date],
  [/^Enter (.* [AP]M) as the time and press submit\.$/, time],
  [/^Select (.*) from the list and click Submit\.$/, chosen],
  [/^Select (.*) from the scroll list and click Submit\.$/, chosen],
  [/^Select (.*) and click Submit\.$/, ticked],
  [/^Focus into the (?:(\d)\w\w input )?textbox\.$/, focused],
  [/^Check the (\d)\w\w radio button and enter the number "(-?\d+)" into the (\d)\w\w textbox\.$/, radioAndNumber],
  [/^Search for (\w+) movies directed by (\w+) from year (\d+)\.$/, movie],
  [/^Enter the value of (.*) into the text field and press Submit\.$/, fromTable],
  [/^Enter the value that corresponds with each label/, fromTable],
  [/^Copy the text (?:from the (\d)\w\w text area below and paste|in the textarea below, paste)/, copied],
  [/^Find the (\d+)\w\w word in the paragraph/, nthWord],
  [/^Solve (?:for x|the math problem)/, solved],
  [/^Mark the numbers below as odd or even/, oddOrEven],
  [/^Type the total number of blocks/, blocks],
  [/^Type the text below into the text field/, shown],
  [/^Enter an item that starts with "(.*?)"(?: and ends with "(.*)")?\.$/, completed],
  [/^Choose (.*) from the dropdown, then click the button labeled "(.*)"\.$/, dropped],
  [/^Select (\w+) with the color picker and hit Submit\.$/, tinted],
  [/^Select the following color\s+with the color picker/, tinted],
  [/^Select (\d+)\/(\d+)\/(\d+) as the date and hit submit\.$/, turned, picked],
  [/^Book the (cheapest|shortest) one-way flight from: (.*) to: (.*) on (\d+)\/(\d+)\/(\d+)\.$/, (wish, from, to, ...date) => turned(...date), (wish, from, to, ...date) => pickedDay(...date), places, booked],
  [/^Scroll the textarea to the (top|bottom) of the text/, scrolled],
  [/^Scroll to the bottom of the textarea, enter the name "(.*)" then press "(.*)"$/, signed],
  [/^Click the (cancel) button\.$/, signed],
  [/^Guess the number between (\d)-(\d)/, guessed],
  [/^Generate an? (.*), then press submit\.$/, generated],
  [/^Find and pick the card with the greatest number/, greatest],
  [/^Use the terminal below to delete a file (?:ending with the extension (\S+)|that has no file extension\.)$/, removed],
  [/^Using the text editor, (?:give|make) (?:everything|the text (\S+)) the (style|color) (\w+)\b/, styled],
  [/^Highlight the text in the (?:(\d)\w\w )?paragraph/, highlighted],
];

const fields = (page) => page.all((node) => /^(textbox|spinbutton)$/.test(node.role) && !node.marks.includes("disabled"));

function* typed(text, letters) {
  const page = yield* see();
  const value = letters === "upper" ? text.toUpperCase() : letters === "lower" ? text.toLowerCase() : text;
  return [...fields(page).map((field) => put(field, value)), click(page.button())];
}

function* login(user, password) {
  const page = yield* see();
  return [put(page.named("Username", /textbox/), user), put(page.named("Password", /textbox/), password), click(page.button())];
}

function* date(month, day, year) {
  const page = yield* see();
  return [put(fields(page)[0], `${year}-${month}-${day}`), click(page.button())];
}

function* time(words) {
  const page = yield* see();
  return [put(fields(page)[0], words), click(page.button())];
}

function* chosen(words) {
  const page = yield* see();
  const list = page.one("list", (node) => /^(combobox|listbox)$/.test(node.role));
  const calls = list.role === "combobox" ? [put(list, words)] : words.split(", ").map((name, at) => click(page.named(name, /option/), at ? "ctrl" : undefined));
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
  return [put(page.named(/genre/i, /textbox/), genre), put(page.named(/director/i, /textbox/), director), put(page.named(/year|date/i, /textbox/), year), click(page.button())];
}

function* fromTable(label) {
  const page = yield* see();
  const cells = page.roles("cell");
  const value = (name) => cells[cells.findIndex((cell) => cell.name === name) + 1].name;
  return [...fields(page).map((field) => put(field, value(label ?? field.label.replace(/:$/, "")))), click(page.button())];
}

function* copied(nth = 1) {
  const page = yield* see();
  const empty = page.one("empty field", (node) => node.role === "textbox" && !node.value);
  return [click(fields(page).filter((field) => field.value)[nth - 1]), key("ctrl+a ctrl+c"), click(empty), key("ctrl+v"), click(page.button())];
}

function* nthWord(nth) {
  const page = yield* see();
  const word = page.roles("text")[1].name.split(/\s+/)[nth - 1].replace(/[.,]$/, "");
  return [put(fields(page)[0], word), click(page.button())];
}

function* solved() {
  const page = yield* see();
  const [, left, sign, right, result] = page.roles("text").map((node) => /^(\w+) ([-+x]) (\w+) =(?: (\w+))?$/.exec(node.name)).find(Boolean);
  let [a, b, c] = [left, right, result].map(Number);
  const answer = result === undefined ? { "+": a + b, "-": a - b, x: a * b }[sign]
    : right === "x" ? (sign === "+" ? c - a : a - c) : sign === "+" ? c - b : c + b;
  return [put(fields(page)[0], answer), click(page.button())];
}

function* oddOrEven() {
  const page = yield* see();
  const numbers = page.all((node) => /^-?\d+$/.test(node.name));
  const buttons = (name) => page.all((node) => node.role === "button" && node.name === name);
  return [...numbers.map((node, at) => click(buttons(Number(node.name) % 2 ? "Odd" : "Even")[at])), click(page.button())];
}

function* blocks() {
  const page = yield* see();
  return [put(fields(page)[0], page.all((node) => node.class.includes("block")).length), click(page.button())];
}

function* highlighted(nth = 1) {
  const page = yield* see();
  return [select(page.roles("text")[nth], 0, 100000), click(page.button())];
}

function* shown() {
  const page = yield* see();
  return [put(fields(page)[0], page.roles("text")[1].name), click(page.button())];
}

/** Picks from the list that opens below a field. */
const pick = (list, test) => click(list.one("entry in the list", (node) => /listitem|option|menuitem/.test(node.role) && test(node.name)));

function* completed(first, last = "") {
  const page = yield* see();
  const list = yield* did(type(first, fields(page)[0]), wait(700));
  return [pick(list, (name) => name.startsWith(first) && name.endsWith(last)), click(page.button())];
}

function* dropped(words, button) {
  const page = yield* see();
  return [put(page.roles("combobox")[0], words), click(page.button(button))];
}

const HEX = {
  red: "FF0000", green: "008000", blue: "0000FF", yellow: "FFFF00", orange: "FFA500", purple: "800080", pink: "FFC0CB", black: "000000", white: "FFFFFF",
  gray: "808080", grey: "808080", brown: "A52A2A", cyan: "00FFFF", aqua: "00FFFF", magenta: "FF00FF", fuchsia: "FF00FF", lime: "00FF00", navy: "000080",
  teal: "008080", olive: "808000", maroon: "800000", silver: "C0C0C0",
};

function* tinted(name) {
  const page = yield* see();
  const hex = name ? HEX[name] : page.one("swatch", (node) => node.rgb && node.role === "generic").rgb.slice(1).toUpperCase();
  return [put(fields(page)[0], hex), click(page.button())];
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** Opens the calendar and turns to the month at one go. */
function* turned(month, day, year) {
  const page = yield* see();
  const open = yield* see(click(page.one("field for a date", (node) => node.role === "textbox" && /date/i.test(node.label))));
  const shown = open.nodes.map((node) => /^([A-Z][a-z]+)\W*(\d{4})$/.exec(node.name)).find(Boolean);
  const [name, in_] = shown ? shown.slice(1) : MONTHS.flatMap((name) => open.nodes.some((node) => node.name === name) ? [name, open.nodes.find((node) => /^\d{4}$/.test(node.name)).name] : []);
  const steps = (year - in_) * 12 + (month - 1 - MONTHS.indexOf(name));
  const turn = () => click(open.named(steps < 0 ? "Prev" : "Next", /link|generic|button/));
  return steps ? Array.from({ length: Math.abs(steps) }, turn) : [read()];
}

function* pickedDay(month, day) {
  const page = yield* see();
  return click(page.named(String(Number(day)), /link/));
}

function* picked(month, day) {
  const page = yield* see();
  return [click(page.named(String(Number(day)), /link/)), click(page.button())];
}

function* places(wish, from, to) {
  const page = yield* see();
  const [source, goal] = fields(page);
  for (const [field, words] of [[source, from], [goal, to]]) {
    const list = yield* did(type(words, field), wait(700));
    yield pick(list, (name) => name.includes(words));
  }
  return click(page.button("Search"));
}

function* booked(wish) {
  const page = yield* see();
  const offers = page.roles("button").filter((node) => /^Book flight for/.test(node.name));
  const price = (offer) => Number(/\d+/.exec(offer.name)[0]);
  const minutes = (offer) => {
    const words = page.nodes.slice(0, page.nodes.indexOf(offer)).reverse().find((node) => /^(\d+h)? ?(\d+m)?$/.test(node.name) && node.name).name;
    return 60 * (/(\d+)h/.exec(words)?.[1] ?? 0) + Number(/(\d+)m/.exec(words)?.[1] ?? 0);
  };
  const worth = wish === "cheapest" ? price : minutes;
  return click(offers.sort((a, b) => worth(a) - worth(b))[0]);
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

function* guessed(least, most) {
  const page = yield* see();
  let [low, high] = [Number(least), Number(most)];
  while (low < high) {
    const guess = Math.floor((low + high) / 2);
    const told = yield* did(put(fields(page)[0], guess), click(page.button()));
    const [, way] = told.nodes.map((node) => /^The number is (higher|lower)/.exec(node.name)).find(Boolean);
    if (way === "higher") low = guess + 1;
    else high = guess - 1;
  }
  return [put(fields(page)[0], low), click(page.button())];
}

function* generated(wish) {
  let page = yield* see();
  const [, than, bound] = /(less|greater) than (\d+)/.exec(wish) ?? [];
  const right = (number) => (than === "less" ? number < bound : than === "greater" ? number > bound : number % 2 === (wish.startsWith("odd") ? 1 : 0));
  const number = () => page.all((node) => /^(\d+|-)$/.test(node.name))[0].name;
  while (number() === "-" || !right(Number(number()))) page = yield* see(click(page.button("Generate")));
  return click(page.button("Submit"));
}

function* greatest() {
  const page = yield* see();
  const cards = page.all((node) => /^\d+$/.test(node.name)).sort((a, b) => b.name - a.name);
  return [click(cards[0]), click(page.button())];
}

function* removed(extension) {
  const page = yield* see();
  const listed = yield* did(type("ls\n", fields(page)[0]));
  const files = listed.nodes.map((node) => node.name).join(" ").split(/\s+/).filter((word) => /^[\w-]+(\.[\w.]+)?$/.test(word));
  const file = files.find((word) => (extension ? word.endsWith(extension) : !word.includes(".") && word !== "ls"));
  return type(`rm ${file}\n`, fields(page)[0]);
}

function* styled(words, what, how) {
  const page = yield* see();
  const editor = page.one("editor", (node) => node.class === "ql-editor");
  const start = words ? editor.value.indexOf(words) : 0;
  const mark = select(editor, start, start + (words ?? editor.value).length);
  if (what === "style") return [mark, click(page.one(how, (node) => node.class === `ql-${{ italics: "italic", underlined: "underline" }[how] ?? how}`)), click(page.button())];
  const palette = yield* see(mark, click(page.one("colors", (node) => node.class === "ql-picker-label")));
  return [click(palette.one(how, (node) => node.class.startsWith("ql-picker-item") && node.color === how)), click(page.button())];
}
