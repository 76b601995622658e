//! Which names a browser looked up, by its own log of the network.
import { readFileSync } from "node:fs";

/** Hosts of all resolver jobs. The log of a browser that was closed in the middle lacks its end. */
export function resolved(path) {
  const text = readFileSync(path, "utf8");
  const types = /"HOST_RESOLVER[A-Z_]*":(\d+)/g;
  const ofResolver = new Set([...text.matchAll(types)].map(([, number]) => Number(number)));
  const hosts = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith("{") || !line.includes('"type"')) continue;
    const event = read(line.replace(/[,\]}]*$/, (end) => end.replace(/,$/, "")));
    if (event && ofResolver.has(event.type) && event.params?.host) hosts.push(String(event.params.host));
  }
  return hosts;
}

function read(line) {
  for (const text of [line, line.replace(/,$/, ""), line.replace(/\]\s*\}?$/, "")]) {
    try {
      return JSON.parse(text);
    } catch {}
  }
  return null;
}
