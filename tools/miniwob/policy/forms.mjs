//! Tasks that fill in fields and press the button.
import { click, key, put, see, select } from "./page.mjs";

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
  [/^Check the (\d)\w\w radio button and enter the number "(\d+)" into the (\d)\w\w textbox\.$/, radioAndNumber],
  [/^Search for (\w+) movies directed by (\w+) from year (\d+)\.$/, movie],
  [/^Enter the value of (.*) into the text field and press Submit\.$/, fromTable],
  [/^Enter the value that corresponds with each label/, fromTable],
  [/^Copy the text (?:from the (\d)\w\w text area below and paste|in the textarea below, paste)/, copied],
  [/^Find the (\d+)\w\w word in the paragraph/, nthWord],
  [/^Solve (?:for x|the math problem)/, solved],
  [/^Mark the numbers below as odd or even/, oddOrEven],
  [/^Type the total number of blocks/, blocks],
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
  return [put(page.named(/genre/i, /textbox/), genre), put(page.named(/director/i, /textbox/), director), put(page.named(/year/i, /textbox/), year), click(page.button())];
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
