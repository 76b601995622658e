//! Tasks that are about drawn, dragged and slid things.
import { COLORS, click, did, drag, find, key, put, see, wait } from "./page.mjs";

export const DRAWN = [
  [/^Click on the numbers in ascending order\.$/, ascending],
  [/^Click on the (\w+) colored box\.$/, colored],
  [/^Select all the shades of (\w+) and press Submit\.$/, shades],
  [/^Click on the grid coordinate \((-?\d),(-?\d)\)\.$/, coordinate],
  [/^Click the button that best describes the figure below\.$/, described],
  [/^Click on an? (.*)$/, shape],
  [/^How many (.*) are there\?$/, counted],
  [/^Expand the pie menu below and click on the item labeled "(.*)"\.$/, fromPie],
  [/^Drag the (?:circle|item) (left|right|up|down) then press Submit\.$/, pushed],
  [/^Drag all (\w+) into the black box\.$/, intoBox],
  [/^Drag all (\w+)(?: shapes)? into the left box, and everything else into the right box\.$/, apart],
  [/^Drag the smaller box so that it is completely inside the larger box\.$/, boxIntoBox],
  [/^Drag (.+?) ((?:to the|up|down|left|right) .*)\.$/, moved],
  [/^Sort the numbers in increasing order/, sorted],
  [/^Draw a (vertical|horizontal) line that runs through the dot/, line],
  [/^Resize the textarea so that the (width|height) is (larger|smaller)/, resized],
  [/^Select (-?\d+) with the slider and hit Submit\.$/, slid],
  [/^Set the sliders to the combination (\[.*\]) and submit\.$/, slid],
  [/^Select (-?\d+) with the slider, click the (\d)\w\w checkbox, then hit Submit\.$/, slid],
  [/^Select (-?\d+) with the spinner and hit Submit\.$/, spun],
];

const shapes = (page) => page.all((node) => node.role === "graphics-symbol");

function* ascending() {
  const page = yield* see();
  return shapes(page).sort((a, b) => a.name - b.name).map((node) => click(node.at));
}

function* colored(name) {
  const page = yield* see();
  // The instruction may show the color too: the box comes after it.
  return click(page.all((node) => node.rgb === COLORS[name]).at(-1));
}

function* shades(color) {
  const page = yield* see();
  const strongest = (rgb) => {
    const parts = [1, 3, 5].map((at) => parseInt(rgb.slice(at, at + 2), 16));
    return ["red", "green", "blue"][parts.indexOf(Math.max(...parts))];
  };
  const tiles = page.roles("generic").filter((node) => node.rgb && strongest(node.rgb) === color);
  return [...tiles.map((tile) => click(tile)), click(page.button())];
}

function* coordinate(x, y) {
  const page = yield* see();
  const dots = shapes(page).filter((node) => node.name.endsWith("circle"));
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  const [ox, oy] = [0, 1].map((axis) => middle(dots.map((dot) => dot.at[axis])));
  const step = Math.min(...dots.filter((dot) => dot.at[0] - ox > 5).map((dot) => dot.at[0] - ox));
  return click([ox + x * step, oy - y * step]);
}

function kindOf({ name }) {
  if (/^[a-z]$/i.test(name)) return "letter";
  return /^\d$/.test(name) ? "digit" : name.split(" ").at(-1).replace("square", "rectangle");
}

function* described() {
  const page = yield* see();
  const kind = kindOf(shapes(page)[0]);
  return click(page.button({ letter: "Letter", digit: "Number", circle: "Circle", triangle: "Triangle" }[kind] ?? "Rectangle"));
}

/** Of a phrase like "small red digits": what it is true of. A word tells size, color or kind. */
function meant(phrase) {
  const tests = phrase.split(" ").map((word) => {
    if (word === "large" || word === "small") return (node) => (Math.max(node.box[2], node.box[3]) > 15) === (word === "large");
    const kind = word.replace(/s$/, "");
    if (/^(item|shape)$/.test(kind)) return (node) => kind === "item" || !/letter|digit/.test(kindOf(node));
    if (/^(letter|digit|circle|rectangle|triangle)$/.test(kind)) return (node) => kindOf(node) === kind;
    return (node) => node.rgb === COLORS[word] || node.name === word || node.name === kind;
  });
  return (node) => tests.every((test) => test(node));
}

function* shape(phrase) {
  const page = yield* see();
  return click(shapes(page).find(meant(phrase)).at);
}

function* counted(phrase) {
  const page = yield* see();
  return click(page.button(String(shapes(page).filter(meant(phrase)).length)));
}

function* fromPie(label) {
  const plus = (yield* did(find("+"))).one("plus", (node) => node.name === "+");
  const opened = yield* did(click(plus.at), wait(900));
  return click(opened.one(label, (node) => node.name === label).at);
}

const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };

function* pushed(way) {
  const page = yield* see();
  const { at } = shapes(page)[0];
  return [drag(at, at.map((value, axis) => value + 20 * WAYS[way][axis])), click(page.button())];
}

/** Places in a box, one after another in rows. */
function places([x, y, width], step = 12) {
  const room = width - 2 * step;
  return (at) => [x + step + ((at * step) % room), y + step + 3 * Math.floor((at * step) / room)];
}

function* intoBox(kind) {
  const page = yield* see();
  const box = shapes(page).at(-1);
  const place = places(box.box);
  return [...shapes(page).slice(0, -1).filter(meant(kind)).map((node, at) => drag(node.at, place(at))), click(page.button())];
}

function* apart(which) {
  const page = yield* see();
  const boxes = shapes(page).slice(-2).sort((a, b) => a.at[0] - b.at[0]);
  const place = boxes.map((box) => places(box.box));
  const filled = [0, 0];
  const calls = shapes(page).slice(0, -2).map((node) => {
    const side = meant(which)(node) ? 0 : 1;
    return drag(node.at, place[side](filled[side]++));
  });
  return [...calls, click(page.button())];
}

function* boxIntoBox() {
  const page = yield* see();
  return [drag(page.named("s", /text/), page.named("L", /text/)), click(page.button())];
}

function inGrid(page, name, where) {
  const cells = page.roles("listitem");
  const from = cells.findIndex((cell) => page.after(cell)[0].name === name);
  const [, way] = /^(up|down|left|right) by one$/.exec(where) ?? [];
  const row = where.includes("top") ? 0 : where.includes("bottom") ? 2 : 1;
  const column = where.endsWith("left") ? 0 : where.endsWith("right") ? 2 : 1;
  return drag(cells[from], cells[way ? from + WAYS[way][0] + 3 * WAYS[way][1] : row * 3 + column]);
}

const handles = (page) => page.all((node) => node.class.includes("arrowthick"));
/** Beyond the middle of the row that is to give way. */
const move = (rows, from, to) => drag(rows[from].at, [rows[to].at[0], rows[to].at[1] + (to > from ? 8 : -8)]);

function* moved(name, where) {
  const page = yield* see();
  const rows = handles(page);
  if (!rows.length) return inGrid(page, name, where);
  const from = rows.findIndex((row) => page.after(row)[0].name === name);
  const nth = /the (\d)\w\w position/.exec(where)?.[1];
  if (nth) return move(rows, from, nth - 1);
  if (where.startsWith("to")) return move(rows, from, where.endsWith("top") ? 0 : rows.length - 1);
  return move(rows, from, where.startsWith("up") ? from - 1 : from + 1);
}

function* sorted() {
  const page = yield* see();
  const rows = handles(page);
  const numbers = rows.map((row) => Number(page.after(row)[0].name));
  const calls = [];
  for (const [to, number] of [...numbers].sort((a, b) => a - b).entries()) {
    const from = numbers.indexOf(number);
    if (from === to) continue;
    calls.push(move(rows, from, to));
    numbers.splice(to, 0, ...numbers.splice(from, 1));
  }
  return [...calls, click(page.button())];
}

function* line(way) {
  const page = yield* see();
  const [x, y] = shapes(page)[0].at;
  const [dx, dy] = way === "vertical" ? [0, 30] : [30, 0];
  return [drag([x - dx, y - dy], [x + dx, y + dy]), click(page.button())];
}

function* resized(side, how) {
  const page = yield* see();
  const grip = page.one("grip", (node) => node.class.includes("resizable-se"));
  const by = how === "larger" ? 20 : -20;
  return [drag(grip.at, [grip.at[0] + (side === "width" ? by : 0), grip.at[1] + (side === "height" ? by : 0)]), click(page.button())];
}

function* slid(wanted, box) {
  let page = yield* see();
  const values = [JSON.parse(wanted)].flat();
  const knobs = page.all((node) => node.class.includes("slider-handle"));
  const calls = knobs.flatMap((knob, at) => {
    const off = values[at] - Number(page.after(knob)[0].name);
    const presses = [];
    for (let left = Math.abs(off); left > 0; left -= 100) presses.push(key(off > 0 ? "Right" : "Left", Math.min(left, 100)));
    return presses.length ? [click(knob), ...presses] : [];
  });
  return [...calls, ...(box ? [click(page.roles("checkbox")[box - 1])] : []), click(page.button())];
}

function* spun(value) {
  const page = yield* see();
  return [put(page.roles("spinbutton")[0], value), click(page.button())];
}
