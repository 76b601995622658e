//! Tasks that are about finding the right thing and pressing it.
import { Page, click, hover, key, put, read, see, type, wait } from "./page.mjs";

export const FOUND = [
  [/^Click (?:the button|on the "(.*)" button)\.$/, pressed],
  [/^Click the button in the dialog box labeled "(.*)"\.$/, pressed],
  [/^Close the dialog box by clicking the "(.*)"\.$/, pressed],
  [/^Click on the link "(.*)"\.$/, pressed],
  [/^Click on (Tab #\d+)\.$/, pressed],
  [/^Click button (\w+)(?:,(?: wait (\d+) seconds?,)? then click button (\w+))?\.$/, inOrder],
];

function* pressed(name) {
  const page = yield* see();
  yield click(name === undefined ? page.one("button", (node) => node.role === "button") : page.named(name === "x" ? "Close" : name, name === "x" ? /button/ : /button|generic|link|tab/));
}

function* inOrder(first, seconds, second) {
  const page = yield* see();
  const calls = [click(page.named(first, /button/))];
  if (seconds) calls.push(wait(seconds * 1000 + 50));
  if (second) calls.push(click(page.named(second, /button/)));
  yield calls;
}
