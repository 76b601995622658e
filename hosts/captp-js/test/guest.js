//! Untrusted code elsewhere: all it has is a port and what it fetches there.
import { E, Far, open } from "captp";

addEventListener("message", async ({ data: { port, ticket } }) => {
  const host = (await open()).connect(port).fetch(ticket);
  const guest = Far("guest", {
    origin: () => self.origin,
    double: (number) => number * 2,
    /** Money that it was given, put where it was told to. */
    spend: async (purse, to, sum) => {
      await E(to).take(purse, sum);
      return E(purse).balance();
    },
    stuck: () => new Promise(() => {}),
    spin: () => { for (;;); },
  });
  await E(host).here(guest);
}, { once: true });

(self.parent === self ? undefined : self.parent)?.postMessage("ready", "*");
if (typeof DedicatedWorkerGlobalScope !== "undefined") postMessage("ready");
