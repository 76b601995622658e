//! The practice site: a shop, a sign-up and an inbox on loopback, with fresh data per seed, counting what really arrived.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { makeData } from "./data.mjs";
import { html, page } from "./html.mjs";
import { inbox } from "./inbox.mjs";
import { makeLook } from "./look.mjs";
import { shop } from "./shop.mjs";
import { wizard } from "./wizard.mjs";

const BODY_MAX = 64 * 1024;
const SESSIONS_MAX = 1_000;
const here = (name) => readFileSync(new URL(name, import.meta.url));
const CSS = here("style.css");
// Tells the server of every click that reached a control, trusted or not, so that a test can count them.
const COUNT = `addEventListener("click", (e) => { if (e.target.closest("a, button, input, select, textarea, label")) fetch("/count/click", { method: "POST", keepalive: true }); }, true);`;

/** Starts the site. `letters` are added to the inbox, `seed` makes the data, `look` is what `makeLook` takes. */
export async function practice({ seed = randomBytes(4).readUInt32LE(), look = {}, letters = [], port = 0, pages = [] } = {}) {
  const data = makeData(seed);
  const site = {
    seed, data, look: makeLook(look, seed), letters: [...data.letters, ...letters],
    counters: { orders: 0, submits: 0, clicks: 0, deletes: 0, loads: 0 },
    orders: [], signups: [], sent: [], requests: [],
    sessions(make) {
      const all = new Map();
      return {
        of(request) {
          if (!all.has(request.session)) {
            if (all.size >= SESSIONS_MAX) all.delete(all.keys().next().value);
            all.set(request.session, make());
          }
          return all.get(request.session);
        },
      };
    },
  };
  const routes = [["GET", /^\/$/, () => front(data)], ...shop(site), ...wizard(site), ...inbox(site), ...pages];
  const server = createServer((incoming, outgoing) => {
    serve(site, routes, incoming, outgoing).catch((error) => {
      outgoing.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    });
  });
  await new Promise((ready, failed) => server.once("error", failed).listen(port, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    ...site, url,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}

const front = (data) => page({ title: "Welcome", area: "", body: html`
<h1>A site to practise on</h1>
<p>Hello ${data.owner}. Three places to try things in, without any harm:</p>
<ul><li><a href="/shop/">the shop</a></li><li><a href="/wizard/">a sign-up in three steps</a></li><li><a href="/inbox/">an inbox</a></li></ul>` });

async function serve(site, routes, incoming, outgoing) {
  const { pathname, searchParams } = new URL(incoming.url, "http://practice");
  const body = await bodyOf(incoming);
  if (pathname === "/style.css") return outgoing.writeHead(200, { "content-type": "text/css" }).end(CSS);
  if (pathname === "/count.js") return outgoing.writeHead(200, { "content-type": "text/javascript" }).end(COUNT);
  if (pathname === "/count/click") {
    site.counters.clicks++;
    return outgoing.writeHead(204).end();
  }
  site.requests.push(`${incoming.method} ${incoming.url}`);
  const { session, fresh } = sessionOf(incoming);
  const headers = { "cache-control": "no-store", ...(fresh ? { "set-cookie": `practice=${session}; Path=/; SameSite=Lax` } : {}) };
  const request = { query: searchParams, form: new URLSearchParams(body), session, incoming, outgoing };
  if (incoming.method === "GET") site.counters.loads++;
  else if (!pathname.startsWith("/count/")) site.counters.submits++;
  for (const [method, path, answer] of routes) {
    const match = method === incoming.method && path.exec(pathname);
    if (!match) continue;
    const said = await answer(request, ...match.slice(1));
    if (outgoing.writableEnded || outgoing.headersSent || said === undefined) return;
    if (said?.to) return outgoing.writeHead(303, { ...headers, location: said.to }).end();
    if (said) return outgoing.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(String(said));
    break;
  }
  outgoing.writeHead(404, { ...headers, "content-type": "text/html; charset=utf-8" });
  outgoing.end(page({ title: "Not here", area: "", body: html`<h1>Not here</h1><p>There is no such page, or something was missing in what you sent.</p>` }));
}

async function bodyOf(incoming) {
  let text = "";
  for await (const chunk of incoming) {
    text += chunk;
    if (text.length > BODY_MAX) throw new Error("too much was sent");
  }
  return text;
}

function sessionOf(incoming) {
  const known = /(?:^|; )practice=([0-9a-f]{16})/.exec(incoming.headers.cookie ?? "")?.[1];
  return known ? { session: known, fresh: false } : { session: randomBytes(8).toString("hex"), fresh: true };
}
