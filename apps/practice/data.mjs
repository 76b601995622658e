//! The goods, people and letters of one run, made up from a seed.

/** Mulberry32: equal seeds, equal numbers. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    below,
    pick: (list) => list[below(list.length)],
    shuffle(list) {
      const out = [...list];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
  };
}

const ADJECTIVES = ["Copper", "Linen", "Walnut", "Enamel", "Wool", "Glass", "Slate", "Cork", "Brass", "Bamboo"];
const THINGS = ["kettle", "lamp", "tray", "jug", "blanket", "bowl", "clock", "basket", "candle", "mirror", "stool", "vase"];
const FIRST = ["Ada", "Mei", "Omar", "Ines", "Jonas", "Priya", "Lena", "Tariq", "Sofia", "Noah"];
const LAST = ["Berg", "Okafor", "Lindqvist", "Haddad", "Moreau", "Tanaka", "Novak", "Silva"];
const SUBJECTS = ["Minutes of Monday", "The boiler again", "Tickets for the train", "Your library books", "A recipe for plum cake", "Photos from the lake", "Choir practice moved"];
const SENTENCES = [
  "I had a look at it yesterday and it seems fine.", "Could you tell me which day suits you?", "The second platform, not the first.",
  "It rained the whole way, but the view was worth it.", "Please bring the blue folder.", "No hurry at all.", "I left the key with the neighbours.",
];

/** The tea is always in stock, so that a recorded recipe has something to order whatever the seed. */
export const TEA = "breakfast-tea";

export function makeData(seed) {
  const r = random(seed);
  const names = r.shuffle(ADJECTIVES.flatMap((a) => THINGS.map((t) => `${a} ${t}`))).slice(0, 8);
  const goods = names.map((name) => ({ id: name.toLowerCase().replace(" ", "-"), name, cents: 500 + r.below(9_500), about: r.pick(SENTENCES) }));
  goods.splice(r.below(goods.length + 1), 0, { id: TEA, name: "Breakfast tea", cents: 300 + r.below(900), about: "Loose leaves, a hundred grams, in a tin." });
  const person = () => `${r.pick(FIRST)} ${r.pick(LAST)}`;
  const letters = r.shuffle(SUBJECTS).slice(0, 5).map((subject, i) => {
    const from = person();
    const text = r.shuffle(SENTENCES).slice(0, 3).join(" ");
    return { id: `m${100 + i * 7 + r.below(6)}`, from, address: `${from.toLowerCase().replace(" ", ".")}@example.org`, subject, text };
  });
  const order = 1_000 + r.below(8_000);
  return { seed, goods, letters, firstOrder: order, owner: person() };
}
