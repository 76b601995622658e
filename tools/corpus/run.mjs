//! `node run.mjs FILE [chromium|firefox]..`: the guests of FILE, a line each, on these browsers. Fails if one of them differs.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { OPEN } from "../lib/browsers.mjs";

/** Rows that a page fetches at a time. */
const PART = 100;
/** Limit: of a browser, for all of them. */
const MINUTES = 30;

const [file, ...browsers] = process.argv.slice(2);
const rows = readFileSync(file, "utf8").trim().split("\n");
const page = readFileSync(new URL("page.js", import.meta.url));

/** Gives the rows away and takes the word of whoever has played them. */
async function served() {
  let tell;
  const told = new Promise((resolve) => (tell = resolve));
  const server = createServer(async (request, response) => {
    if (request.url === "/told") {
      let body = "";
      for await (const piece of request) body += piece;
      response.end();
      return tell(JSON.parse(body));
    }
    const part = /^\/part\/(\d+)$/.exec(request.url);
    const lines = part && rows.slice(part[1] * PART, (Number(part[1]) + 1) * PART);
    if (request.url === "/") return response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><title>guests</title><script type=module src=/page.js></script>`);
    if (request.url === "/page.js") return response.writeHead(200, { "Content-Type": "text/javascript" }).end(page);
    return lines?.length ? response.writeHead(200).end(lines.join("\n")) : response.writeHead(404).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, told, close: () => server.close() };
}

let isWell = true;
for (const browser of browsers.length ? browsers : ["chromium"]) {
  const server = await served();
  const begun = Date.now();
  const open = await OPEN[browser](server.url);
  const late = new Promise((resolve) => setTimeout(resolve, MINUTES * 60_000, { broken: `no word in ${MINUTES} minutes` }).unref());
  const told = await Promise.race([server.told, late, ...(open.failed ? [open.failed] : [])]).catch((error) => ({ broken: String(error) }));
  await open.close();
  server.close();
  const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
  if (told.broken) console.error(`${open.name}: ${told.broken}`);
  else console.log(`${open.name}: ${told.guests} guests, ${told.turns} turns, ${told.differences} differences, ${seconds} s`);
  (told.first ?? []).forEach((difference) => console.error(`  ${difference}`));
  isWell &&= told.differences === 0 && told.guests === rows.length;
}
process.exitCode = isWell ? 0 : 1;
