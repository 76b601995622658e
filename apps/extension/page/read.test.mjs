//! What a snapshot shows of a real page, and what it never shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./test/browser.mjs";

let world;
before(async () => (world = await start()));
after(() => world.end());

const on = (name, html, run, more) => test(name, async () => {
  const page = await world.open(html, more);
  try {
    await run(page);
  } finally {
    await page.close();
  }
});

/** A snapshot as lines: role, name or text, and what else is set. */
const lines = ({ nodes }) => nodes.map((node) => [node.role, node.name ?? node.text, node.value && `=${node.value}`, node.checked !== undefined && `checked:${node.checked}`, node.path && `in ${node.path}`].filter(Boolean).join(" "));

on("page_is_read_as_roles_names_values_and_landmarks", `<main><h1>Shop</h1><form aria-label=Order><label>Tea <input name=tea value=green></label><label><input type=checkbox checked> Gift</label><select aria-label=Size><option>S<option selected>L</select><button>Buy <b>now</b></button></form></main><nav><a href=/x>Home</a></nav>`, async (p) => {
  assert.deepEqual(lines(await p.snapshot()), [
    "main", "heading Shop in main", "form Order in main", "textbox Tea =green in main>form(Order)", "checkbox Gift checked:true in main>form(Order)", "combobox Size =L in main>form(Order)",
    "button Buy now in main>form(Order)", "navigation", "link Home in navigation",
  ]);
});

on("equal_pages_give_equal_snapshots", `<ul><li>one<li>two</ul><input value=x><button>Go</button>`, async (p) => {
  const again = await world.open(`<ul><li>one<li>two</ul><input value=x><button>Go</button>`);
  const strip = ({ doc, url, ...rest }) => rest;
  assert.deepEqual(strip(await p.snapshot()), strip(await again.snapshot()));
  await again.close();
});

on("numbers_stay_with_their_elements", `<div id=d><button>A</button></div>`, async (p) => {
  const a = await p.n("A");
  await p.says("d.insertAdjacentHTML('afterbegin', '<button>B</button>')");
  const b = await p.n("B");
  assert.equal(await p.n("A"), a);
  await p.says("d.innerHTML = '<button>A</button>'");
  assert.ok((await p.n("A")) > b);
});

on("injecting_twice_is_harmless", `<button>A</button>`, async (p) => {
  const { nodes, doc } = await p.snapshot();
  await p.evaluate(p.code);
  const again = await p.snapshot();
  assert.deepEqual([again.nodes[0].n, again.doc], [nodes[0].n, doc]);
});

on("hidden_words_and_marks_that_reorder_are_left_out", `<p>see\u200bn \u202Etxet\u202C</p><p style="display:none">a</p><p style="visibility:hidden">b</p><p style="opacity:0">c</p><p style="position:absolute;left:-9999px">d</p><p style="font-size:0">e</p>`, async (p) => {
  assert.deepEqual(lines(await p.snapshot()), ["text seen txet"]);
});

on("secrets_are_masked_wherever_they_are_echoed", `<input type=password value=hunter22><input autocomplete="cc-number" value=4111111111111111><p>You typed hunter22</p><p title="4111111111111111">card</p>`, async (p) => {
  const all = JSON.stringify([await p.snapshot(), await p.ask({ do: "text" })]);
  assert.ok(!all.includes("hunter22") && !all.includes("4111111111111111"));
  await p.says("document.querySelector('input').type = 'text'");
  assert.ok(!JSON.stringify(await p.snapshot()).includes("hunter22"), "once a secret, always one");
});

on("frames_and_shadow_roots_are_read_and_pressed", `<div style="padding:40px"><iframe srcdoc="<p style='height:30px'>in</p><button onclick='parent.hit=1'>Inner</button>" style="border:7px solid"></iframe></div><x-box></x-box><script>customElements.define("x-box",class extends HTMLElement{constructor(){super();this.attachShadow({mode:"open"}).innerHTML="<button onclick='window.deep=1'>Deep</button><label>Field <input></label>"}})</script>`, async (p) => {
  const inner = await p.act({ kind: "click", n: await p.n("Inner") });
  const deep = await p.act({ kind: "click", n: await p.n("Deep") });
  assert.deepEqual([inner.reached, deep.reached, await p.says("[window.hit, window.deep]")], [true, true, [1, 1]]);
  assert.equal((await p.act({ kind: "type", n: await p.n("Field", "textbox"), text: "abc" })).value, "abc");
});

on("icons_by_style_and_signs_are_things_to_press", `<style>.star{content:url(/star.png);width:16px;height:16px;display:inline-block}</style><span class=star></span><p>Tea <span class=minus>-</span> 1 <span class=plus>+</span></p><div style="cursor:pointer">Row</div><a onclick="">Act</a>`, async (p) => {
  const { nodes } = await p.snapshot();
  const pressable = nodes.filter((node) => node.actionable).map((node) => node.attrs?.class ?? node.name);
  assert.deepEqual(pressable, ["star", "minus", "plus", "Row", "Act"]);
});

test("a_megabyte_of_page_is_read_within_a_second_and_a_half", async () => {
  const row = (i) => `<tr><td><a href="/item/${i}">Item number ${i}</a></td><td>some words about it</td><td><input value=${i}></td><td><button>Add</button></td></tr>`;
  const rows = Array.from({ length: 7_500 }, (_, i) => row(i)).join("");
  assert.ok(rows.length > 1_000_000);
  const p = await world.open(`<table>${rows}</table>`);
  const began = performance.now();
  const said = await p.snapshot();
  const took = performance.now() - began;
  await p.close();
  assert.deepEqual([said.truncated, said.nodes.length], [true, 5_000]);
  assert.ok(took < 1_500, `${Math.round(took)} ms`);
});

on("deep_nesting_is_cut_and_said", "<div>".repeat(3_000) + "bottom", async (p) => {
  assert.equal((await p.snapshot()).truncated, true);
});

on("text_has_the_article_first", `<nav>Menu</nav><article>${"A long story. ".repeat(30)}</article><footer>Imprint</footer>`, async (p) => {
  const { text } = await p.ask({ do: "text" });
  assert.match(text, /^A long story\./);
  assert.match(text, /Menu\s+Imprint$/);
});

on("waiting_ends_when_the_words_are_there_or_the_time_is_up", `<p id=p>wait</p><script>setTimeout(()=>p.textContent="All  done",300)</script>`, async (p) => {
  assert.equal((await p.ask({ do: "wait", until: { text: "all done" }, ms: 3_000 })).met, true);
  assert.equal((await p.ask({ do: "wait", until: { gone: "all done" }, ms: 150 })).met, false);
});

on("labels_are_the_words_before_or_beside_a_field", `<div>Name <input></div><table><tr><td>Town</td><td><input></td></tr></table><div><div><input><div>Street</div></div><div><input><div>Zip</div></div></div><p>Please fill in what is asked for here, completely.</p><input>`, async (p) => {
  const { nodes } = await p.snapshot();
  assert.deepEqual(nodes.filter((node) => node.role === "textbox").map((node) => node.label ?? ""), ["Name", "Town", "Street", "Zip", ""]);
});

on("words_scrolled_out_of_a_box_are_read_words_beyond_the_page_are_not", `<div id=b style="height:50px;overflow:auto">first<div style="height:3000px"></div>last</div>
  <span style="position:absolute;left:-9999px">far</span>`, async (p) => {
  await p.says("b.scrollTop = 1e6");
  const words = (await p.snapshot()).nodes.map((node) => node.text);
  assert.deepEqual([words.includes("first"), words.includes("far")], [true, false]);
});
