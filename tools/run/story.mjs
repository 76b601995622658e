//! What `./x run` shows: the practice shop, the panel beside it, the recipe of the big button, and whether the order came.

/** Where the practice begins. */
export const START = "/shop/";

/** What `--drift` takes away: the button that places the order. */
export const DRIFT = { without: ["place"] };

/** The recipe's own values, as the bundled file has them. */
export function expected(recipe) {
  return Object.fromEntries(recipe.slots.map((slot) => [slot.name, slot.default]));
}

/** Why the shop's orders are not exactly the recipe's one; empty when they are. */
export function judge(orders, want) {
  if (orders.length !== 1) return `the shop got ${orders.length} orders, not one`;
  const [order] = orders;
  const line = order.lines[0] ?? {};
  const got = { ...order, ...line, count: String(line.count ?? "") };
  const wrong = Object.entries(want).filter(([name, value]) => name in got && String(got[name]) !== String(value));
  if (wrong.length) return wrong.map(([name, value]) => `${name} is ${JSON.stringify(got[name])}, not ${JSON.stringify(value)}`).join("; ");
  return order.lines.length === 1 ? "" : `the order has ${order.lines.length} lines`;
}
