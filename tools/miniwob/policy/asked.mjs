//! Tasks that ask for an answer: read, counted, compared, guessed.
import { click, did, fields, put, see, type } from "./page.mjs";

export const ASKED = [
  [/^Enter the value of (.*) into the text field and press Submit\.$/, fromTable],
  [/^Enter the value that corresponds with each label/, fromTable],
  [/^Find the (\d+)\w\w word in the paragraph/, nthWord],
  [/^Solve (?:for x|the math problem)/, solved],
  [/^Mark the numbers below as odd or even/, oddOrEven],
  [/^Type the total number of blocks/, blocks],
  [/^Guess the number between (\d)-(\d)/, guessed],
  [/^Generate an? (.*), then press submit\.$/, generated],
  [/^Find and pick the card with the greatest number/, greatest],
  [/^Use the terminal below to delete a file (?:ending with the extension (\S+)|that has no file extension\.)$/, removed],
];

function* fromTable(label) {
  const page = yield* see();
  const cells = page.roles("cell");
  const value = (name) => cells[cells.findIndex((cell) => cell.name === name) + 1].name;
  return [...fields(page).map((field) => put(field, value(label ?? field.label.replace(/:$/, "")))), click(page.button())];
}

function* nthWord(nth) {
  const page = yield* see();
  const word = page.roles("text")[1].name.split(/\s+/)[nth - 1].replace(/[.,]$/, "");
  return [put(fields(page)[0], word), click(page.button())];
}

function* solved() {
  const page = yield* see();
  const [, left, sign, right, result] = page.roles("text").map((node) => /^(\w+) ([-+x]) (\w+) =(?: (\w+))?$/.exec(node.name)).find(Boolean);
  const [a, b, c] = [left, right, result].map(Number);
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
  const right = (number) => {
    if (than) return than === "less" ? number < bound : number > bound;
    return number % 2 === (wish.startsWith("odd") ? 1 : 0);
  };
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
