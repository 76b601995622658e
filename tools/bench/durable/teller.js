//! The teller as a Durable Object: a call of 256 bytes changes 200 bytes of its storage; the answer waits for that by itself.
import { DurableObject } from "cloudflare:workers";

const TEXT = 243;
const NOTE = 150;

export class Teller extends DurableObject {
  handle(number, text) {
    this.ctx.storage.put("state", { count: number, sum: number, note: text.slice(0, NOTE) });
    return number;
  }
}

export default {
  /** `/MESSAGES/UNDER WAY`: calls the object so often, so many calls at a time. */
  async fetch(request, env) {
    const [, messages, underWay] = new URL(request.url).pathname.split("/").map(Number);
    const teller = env.TELLERS.get(env.TELLERS.idFromName("teller"));
    const waits = [];
    let sent = 0;
    const give = async () => {
      while (sent < messages) {
        const number = ++sent, begun = Date.now();
        await teller.handle(number, String(number).padEnd(TEXT, "a person's words "));
        waits.push(Date.now() - begun);
      }
    };
    await Promise.all(Array.from({ length: underWay }, give));
    return Response.json({ waits });
  },
};
