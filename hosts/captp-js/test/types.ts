//! What the types allow and what they do not: compiled, never run. Each `@ts-expect-error` must be one.
import { Broken, E, Far, type Presence, open } from "../../../target/captp/captp.js";

const bank = Far("bank", {
  open: (sum: bigint) => Far("purse", { balance: () => sum, take: (_from: object, _sum: bigint) => true }),
  rates: async () => ({ buy: 1.5, sell: [1, 2] }),
});

export async function outside(port: MessagePort, ticket: Uint8Array): Promise<void> {
  const captp = await open();
  const far: Presence<typeof bank> = await captp.connect(port).fetch<typeof bank>(ticket);
  const purse = E(far).open(10n);
  const balance: bigint = await E(purse).balance();
  const moved: boolean = await E(E(far).open(balance)).take(purse, 3n);
  const buy: number = await E.get(E(far).rates()).buy;
  E.sendOnly(far).open(1n);
  E.when(purse, (kept) => E(kept).balance(), (error) => (error instanceof Broken ? error.kind : moved)).then(() => buy);
  // @ts-expect-error an object that is elsewhere is called with E
  far.open(1n);
  // @ts-expect-error there is no such method
  E(far).close();
  // @ts-expect-error a sum is a bigint
  E(purse).take(far, 3);
}
