//! Tasks with dates: fields, calendars, and the flights of a day.
import { click, did, fields, pick, put, read, see, type, wait } from "./page.mjs";

export const DATES = [
  [/^Enter (\d+)\/(\d+)\/(\d+) as the date and hit submit\.$/, date],
  [/^Select (\d+)\/(\d+)\/(\d+) as the date and hit submit\.$/, turned, picked, submitted],
  [
    /^Book the (cheapest|shortest) one-way flight from: (.*) to: (.*) on (\d+)\/(\d+)\/(\d+)\.$/,
    (wish, from, to, ...date) => turned(...date),
    (wish, from, to, ...date) => picked(...date),
    places, booked,
  ],
];

const MONTHS = "January February March April May June July August September October November December".split(" ");

function* date(month, day, year) {
  const page = yield* see();
  return [put(fields(page)[0], `${year}-${month}-${day}`), click(page.button())];
}

/** Opens the calendar and turns to the month at one go. */
function* turned(month, day, year) {
  const page = yield* see();
  const open = yield* see(click(page.one("field for a date", (node) => node.role === "textbox" && /date/i.test(node.label))));
  const [, shownMonth, shownYear] = open.nodes.map((node) => /^([A-Z][a-z]+)\W*(\d{4})$/.exec(node.name)).find(Boolean);
  const steps = (year - shownYear) * 12 + (month - 1 - MONTHS.indexOf(shownMonth));
  const turn = () => click(open.named(steps < 0 ? "Prev" : "Next", /link|generic|button/));
  return steps ? Array.from({ length: Math.abs(steps) }, turn) : [read()];
}

function* picked(month, day) {
  const page = yield* see();
  return click(page.named(String(Number(day)), /link/));
}

function* submitted() {
  const page = yield* see();
  return click(page.button());
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
    const above = page.nodes.slice(0, page.nodes.indexOf(offer)).map((node) => /^(?:(\d+)h)? ?(?:(\d+)m)?$/.exec(node.name));
    const [, hours, minutes] = above.findLast((match) => match?.[0]);
    return 60 * (hours ?? 0) + Number(minutes ?? 0);
  };
  const worth = wish === "cheapest" ? price : minutes;
  return click(offers.sort((a, b) => worth(a) - worth(b))[0]);
}
