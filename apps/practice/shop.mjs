//! The shop: goods, one product, the basket, the check-out, the receipt.
import { html, page } from "./html.mjs";

const money = (cents) => `€${(cents / 100).toFixed(2)}`;
const COUNTRIES = ["Austria", "France", "Germany", "Ireland", "Japan", "Norway"];

export function shop(site) {
  const { data, look } = site;
  const baskets = site.sessions(() => []);
  const total = (basket) => basket.reduce((sum, line) => sum + line.count * line.good.cents, 0);
  const link = (basket) => html`<p class="basket-link"><a href="/shop/basket">Basket (${basket.reduce((n, line) => n + line.count, 0)})</a></p>`;

  function goods(request) {
    const query = (request.query.get("q") ?? "").trim().toLowerCase();
    const shown = look.order(data.goods.filter((good) => good.name.toLowerCase().includes(query)));
    return page({ title: "Shop", area: "shop", body: html`
<h1>Everything in the shop</h1>
${link(baskets.of(request))}
<form role="search" action="/shop/" class="row">
<label for="${look.id("q")}">Search the shop</label>
<input id="${look.id("q")}" name="q" type="search" value="${request.query.get("q")}">
<button>Search</button>
</form>
<ul class="goods ${look.cls("goods")}">
${shown.map((good) => html`<li><a href="/shop/item/${good.id}">${good.name}</a> <span class="price">${money(good.cents)}</span></li>`)}
</ul>
${shown.length === 0 && html`<p>Nothing is called that.</p>`}` });
  }

  function item(request, id) {
    const good = data.goods.find((one) => one.id === id);
    if (!good) return null;
    const fields = [
      html`<p><label for="${look.id("count")}">How many</label> <input id="${look.id("count")}" name="count" type="number" min="1" max="99" value="1"></p>`,
      html`<p><label for="${look.id("size")}">Size</label> <select id="${look.id("size")}" name="size"><option value="s">Small</option><option value="m">Medium</option><option value="l">Large</option></select></p>`,
      html`<p><label><input type="checkbox" name="wrap" value="yes" id="${look.id("wrap")}"> Wrap it as a gift</label></p>`,
    ];
    return page({ title: good.name, area: "shop", body: html`
<h1>${good.name}</h1>
${link(baskets.of(request))}
<p>${good.about}</p>
<p class="price">${money(good.cents)}</p>
<form method="post" action="/shop/basket/add" class="${look.cls("buy")}">
<input type="hidden" name="id" value="${good.id}">
${look.order(fields)}
${look.button("add", "Add to basket")}
</form>` });
  }

  function add(request) {
    const good = data.goods.find((one) => one.id === request.form.get("id"));
    const count = Number(request.form.get("count"));
    if (!good || !Number.isInteger(count) || count < 1 || count > 99) return null;
    baskets.of(request).push({ good, count, size: request.form.get("size"), wrap: request.form.get("wrap") === "yes" });
    return { to: "/shop/basket" };
  }

  function basket(request) {
    const lines = baskets.of(request);
    return page({ title: "Basket", area: "shop", body: html`
<h1>Your basket</h1>
${lines.length === 0 ? html`<p>It is empty.</p>` : html`
<table>
<thead><tr><th scope="col">What</th><th scope="col">How many</th><th scope="col">Price</th></tr></thead>
<tbody>${lines.map((line) => html`<tr><td>${line.good.name}${line.wrap && ", wrapped"}</td><td>${line.count}</td><td>${money(line.count * line.good.cents)}</td></tr>`)}</tbody>
</table>
<p>Together ${money(total(lines))}</p>
<p><a class="button" href="/shop/checkout">Go to check-out</a></p>`}` });
  }

  function checkout(request) {
    const lines = baskets.of(request);
    if (lines.length === 0) return { to: "/shop/basket" };
    const field = (name, label, extra = html`type="text"`) =>
      html`<p><label for="${look.id(name)}">${label}</label> <input id="${look.id(name)}" name="${name}" ${extra} required></p>`;
    const fields = [
      field("name", "Full name", html`type="text" autocomplete="off"`),
      field("email", "E-mail", html`type="email" autocomplete="off"`),
      field("street", "Street and number"),
      field("city", "Town"),
      html`<p><label for="${look.id("country")}">Country</label> <select id="${look.id("country")}" name="country">${COUNTRIES.map((c) => html`<option>${c}</option>`)}</select></p>`,
    ];
    return page({ title: "Check-out", area: "shop", body: html`
<h1>Check-out</h1>
<p>Together ${money(total(lines))}</p>
<form method="post" action="/shop/order" class="${look.cls("order")}">
${look.order(fields)}
<fieldset><legend>Delivery</legend>
<label><input type="radio" name="delivery" value="post" checked> By post</label>
<label><input type="radio" name="delivery" value="collect"> I will collect it</label>
</fieldset>
<p><label><input type="checkbox" name="terms" value="yes" required> I accept the terms</label></p>
${look.button("place", "Place the order")}
</form>` });
  }

  function order(request) {
    const lines = baskets.of(request);
    const said = Object.fromEntries(request.form);
    if (lines.length === 0 || !said.name || !said.email || said.terms !== "yes") return null;
    const made = { number: data.firstOrder + site.orders.length, ...said, lines: lines.map((line) => ({ id: line.good.id, count: line.count, size: line.size, wrap: line.wrap })), cents: total(lines) };
    site.orders.push(made);
    site.counters.orders++;
    lines.length = 0;
    return { to: `/shop/order/${made.number}` };
  }

  function receipt(request, number) {
    const made = site.orders.find((one) => String(one.number) === number);
    if (!made) return null;
    return page({ title: "Order received", area: "shop", body: html`
<h1>Order received</h1>
<p role="status">Thank you, ${made.name}. Your order number is ${made.number}, together ${money(made.cents)}.</p>
<p><a href="/shop/">Back to the shop</a></p>` });
  }

  return [
    ["GET", /^\/shop\/$/, goods],
    ["GET", /^\/shop\/item\/([a-z-]+)$/, item],
    ["POST", /^\/shop\/basket\/add$/, add],
    ["GET", /^\/shop\/basket$/, basket],
    ["GET", /^\/shop\/checkout$/, checkout],
    ["POST", /^\/shop\/order$/, order],
    ["GET", /^\/shop\/order\/(\d+)$/, receipt],
  ];
}
