//! Tasks that are about finding the right thing and pressing it.
import { click, did, hover, put, see, type, wait } from "./page.mjs";

export const FOUND = [
  [/^Click (?:the button|on the "(.*)" button)\.$/, pressed],
  [/^Click the button in the dialog box labeled "(.*)"\.$/, pressed],
  [/^Close the dialog box by clicking the "(.*)"\.$/, pressed],
  [/^Click on the link "(.*)"\.$/, pressed],
  [/^Click on (Tab #\d+)\.$/, pressed],
  [/^Click button (\w+)(?:, then click button (\w+))?\.$/, inOrder],
  [/^(?:Switch between the tabs|Expand the sections below,) to find and click on the link "(.*)"\.$/, behindTabs],
  [/^Expand the section below and click submit\.$/, unfolded],
  [/^Select ([\w >-]+)$/, fromMenu],
  [/^Click the "Menu" button, and then find and click on the item (?:labeled "(.*)"|with the\s+icon)\.$/, underMenu],
  [/^Use the textbox to enter "(.*)" and press "Search", then find and click the (\d+)\w\w search result\.$/, searched],
  [/^Find (.+) in the contact book and click on their (\w+)(?: number)?\.$/, contact],
  [/^Navigate through the file tree\. Find and click on the folder or file named "(.*)"\.$/, inTree],
  [/^For the user (@.+?), click on the "(.*)" button\.$/, onePost],
  [/^Click the "(.*)" button on (all|\d+) posts? by (@.+?) and then click Submit\.$/, posts],
  [/^Order one of each item: (.*)$/, dishes],
  [/^Order (\d+) items that are (.*)$/, dishesOfKind],
  [/^Buy the ticket with the (.*)\.$/, ticket],
  [/^Find the email by (.+?) and click the (trash|star) icon/, emailIcon],
  [/^Find the email by (.+?) and (forward) that email to (.+)\.$/, emailSent],
  [/^Find the email by (.+?) and (reply) to them with the text "(.*)"\.$/, emailSent],
];

function* pressed(name) {
  const page = yield* see();
  if (name === undefined) return click(page.roles("button")[0]);
  return click(name === "x" ? page.named("Close", /button/) : page.named(name, /button|generic|link|tab/));
}

function* inOrder(...names) {
  const page = yield* see();
  return names.filter(Boolean).map((name) => click(page.named(name, /button/)));
}

function* behindTabs(name) {
  let page = yield* see();
  const tabs = page.roles("tab");
  for (let at = 0; ; at++) {
    const link = page.all((node) => node.name === name && /generic|link/.test(node.role))[0];
    if (link) return click(link);
    const tab = tabs[at];
    if (!tab) throw new Error(`${name} is behind no tab`);
    // The first tab of a row is open already; an accordion opens with a movement.
    if (!tab.marks.includes("selected")) page = yield* see(click(tab), wait(400));
  }
}

function* unfolded() {
  let page = yield* see();
  page = yield* see(click(page.roles("tab")[0]), wait(400));
  return click(page.named("Submit", /button/));
}

function* fromMenu(path) {
  let page = yield* see();
  const names = path.split(">");
  for (const name of names.slice(0, -1)) page = yield* see(hover(page.named(name, /menuitem/)), wait(400));
  return click(page.named(names.at(-1), /menuitem/));
}

/** What an icon stands for, as its class says it. */
const ICONS = { disk: "Save", "seek-start": "Prev", stop: "Stop", play: "Play", "seek-end": "Next", zoomin: "Zoom In", zoomout: "Zoom Out" };

function* underMenu(label) {
  let page = yield* see();
  const name = label ?? ICONS[/ui-icon-([\w-]+)/.exec(page.nodes.find((node) => node.class.includes("ui-icon-")).class)[1]];
  page = yield* see(click(page.button("Menu")), wait(100));
  const there = page.roles("menuitem").some((node) => node.name === name);
  if (!there) page = yield* see(hover(page.named("Playback", /menuitem/)), wait(400));
  return click(page.named(name, /menuitem/));
}

function* searched(words, nth) {
  let page = yield* see();
  const at = nth - 1, perPage = 3;
  page = yield* see(put(page.roles("textbox")[0], words), click(page.button("Search")));
  if (at >= perPage) page = yield* see(click(page.named(String(Math.floor(at / perPage) + 1), /link/)));
  return click(page.all((node) => node.role === "link" && !/^([<>]|\d+)$/.test(node.name))[at % perPage]);
}

function* contact(name, what) {
  let page = yield* see();
  while (page.roles("heading")[0].name !== name) page = yield* see(click(page.named(">", /link/)));
  return click(page.after(page.named(new RegExp(`^${what}:`, "i"), /text/))[0]);
}

function* inTree(name) {
  for (let depth = 0, page = yield* see(); depth < 6; depth++) {
    const hit = page.all((node) => node.name === name)[0];
    if (hit) return click(hit);
    page = yield* see(...page.all((node) => /^hitarea expandable-hitarea/.test(node.class)).reverse().map((node) => click(node)));
  }
}

/** What a user posted, as the line with the name is written. */
const by = (user) => new RegExp(`^[^@]+ ${user}(?: \\d+h ago)?$`);

function* onePost(user, button) {
  const page = yield* see();
  const icon = (name) => page.after(page.named(by(user), /text/)).find((node) => node.class.split(" ")[0] === name);
  if (/^(Reply|Retweet|Like)$/.test(button)) return click(icon(button.toLowerCase()));
  const menu = yield* did(click(icon("more")));
  return click(menu.named(new RegExp(`^${button}`), /listitem/));
}

function* posts(button, many, user) {
  const page = yield* see();
  const names = page.roles("text").filter((node) => by(user).test(node.name));
  const icons = names.map((name) => page.after(name).find((node) => node.class === button.toLowerCase()));
  return [...icons.slice(0, many === "all" ? undefined : many).map((icon) => click(icon)), click(page.button())];
}

const plus = (page, dish) => page.after(dish).find((node) => node.name === "+");

function* dishes(names) {
  const page = yield* see();
  return [...names.split(",").map((name) => click(plus(page, page.named(name.trim(), /text/)))), click(page.button("Order!"))];
}

function* dishesOfKind(many, kind) {
  const page = yield* see();
  const sign = page.one(kind, (node) => node.role === "img" && node.name === kind);
  return [...Array.from({ length: many }, () => click(plus(page, sign))), click(page.button("Order!"))];
}

function* ticket(wish) {
  const page = yield* see();
  const minutes = (button) => {
    const [, hours, minutes] = /^(\d+)h (\d+)m$/.exec(page.nodes[page.nodes.indexOf(button) - 1].name);
    return hours * 60 + Number(minutes);
  };
  const price = (button) => Number(/\d+/.exec(button.name)[0]);
  const worth = wish.endsWith("cost") ? price : minutes;
  const sorted = page.roles("button").filter((node) => /^Book/.test(node.name)).sort((a, b) => worth(a) - worth(b));
  return click(/^(cheapest|shortest)/.test(wish) ? sorted[0] : sorted.at(-1));
}

const email = (page, from) => page.named(new RegExp(`^${from} `), /generic/);

function* emailIcon(from, icon) {
  const page = yield* see();
  return click(page.after(email(page, from)).find((node) => node.class === icon));
}

function* emailSent(from, how, words) {
  let page = yield* see();
  page = yield* see(click(email(page, from)));
  page = yield* see(click(page.one(how, (node) => new RegExp(how, "i").test(node.name + node.class + node.id) && !node.name.startsWith("Find "))));
  const field = page.one("field", (node) => node.role === "textbox");
  return [type(words, field), click(page.one("send", (node) => /send/i.test(node.name + node.class + node.id)))];
}
