//! Starts the kernel and shows the view that the address names: `#tree&strategy=..` or `#play&name=..&seed=..`.
import start, { LabPage, scenarios } from "./simpage.js";
import { find } from "./dom.js";
import { Lab } from "./lab.js";
import { Play } from "./play.js";

await start({ module_or_path: new URL("simpage_bg.wasm", import.meta.url) });

const views = { tree: new Lab((setup) => new LabPage(setup, 1), keep), play: new Play(JSON.parse(scenarios()), keep) };
let shown;

/** What the address says from now on; going back leads to the other view, not to every step. */
function keep(view, words) {
  if (view === shown) history.replaceState(null, "", `#${view}${words ? `&${words}` : ""}`);
}

function show() {
  const [name, ...words] = location.hash.slice(1).split("&");
  shown = name in views ? name : "tree";
  for (const view of Object.keys(views)) find(`${view}-view`).hidden = find(`${view}-keys`).hidden = view !== shown;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const [view, it] of Object.entries(views)) it.show(view === shown, words.join("&"));
}

find("copy").onclick = async ({ target }) => {
  await navigator.clipboard?.writeText(location.href).catch(() => undefined);
  target.textContent = "Copied";
  setTimeout(() => (target.textContent = "Copy link"), 1500);
};

addEventListener("hashchange", show);
show();
document.documentElement.dataset.ready = "yes";
