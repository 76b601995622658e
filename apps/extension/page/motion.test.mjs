//! Dragging, hovering, scrolling, selecting, and trusted events, each with one exact outcome.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./test/browser.mjs";

let world;
before(async () => (world = await start()));
after(() => world.end());

const on = (name, html, run) => test(name, async () => {
  const page = await world.open(html);
  try {
    await run(page);
  } finally {
    await page.close();
  }
});

on("drag_by_mouse_moves_what_follows_the_mouse", `<div id=d draggable=false style="position:absolute;left:50px;top:50px;width:40px;height:40px;background:red;cursor:move">x</div><script>let at;d.onmousedown=e=>{at=[e.clientX-d.offsetLeft,e.clientY-d.offsetTop];e.preventDefault()};document.onmousemove=e=>{if(at&&e.buttons===1){d.style.left=e.clientX-at[0]+"px";d.style.top=e.clientY-at[1]+"px"}};document.onmouseup=()=>{at=null;drops=(window.drops??0)+1}</script>`, async (p) => {
  const said = await p.act({ kind: "drag", from: { n: await p.n("d") }, to: { x: 300, y: 200 } });
  assert.deepEqual([said.status, await p.says("[d.offsetLeft, d.offsetTop, drops]")], ["done", [280, 180, 1]]);
});

on("drag_and_drop_carries_its_data_and_drops_once", `<div id=a draggable=true style="width:60px;height:30px">card</div><div id=b style="width:200px;height:100px;margin-top:40px;border:1px solid">bin</div><script>log=[];a.ondragstart=e=>{e.dataTransfer.setData("text/plain","card 7");log.push("start")};b.ondragover=e=>e.preventDefault();b.ondrop=e=>log.push(e.dataTransfer.getData("text/plain"));a.ondragend=()=>log.push("end");document.onmouseup=()=>log.push("mouseup")</script>`, async (p) => {
  await p.act({ kind: "drag", from: { n: await p.n("card") }, to: { n: await p.n("bin") } });
  assert.deepEqual(await p.says("log"), ["start", "card 7", "end"]);
});

on("drop_where_nothing_takes_it_drops_nothing", `<div id=a draggable=true>card</div><div id=b style="height:100px">bin</div><script>log=[];b.ondrop=()=>log.push("drop");a.ondragend=()=>log.push("end")</script>`, async (p) => {
  await p.act({ kind: "drag", from: { n: await p.n("card") }, to: { n: await p.n("bin") } });
  assert.deepEqual(await p.says("log"), ["end"]);
});

on("slider_is_dragged_to_the_place", `<input type=range aria-label=R min=0 max=100 value=0 style="width:200px;margin:0" onchange="told=(window.told??0)+1">`, async (p) => {
  const n = await p.n("R");
  const box = (await p.snapshot()).nodes[0].box;
  const said = await p.act({ kind: "drag", from: { n }, to: { x: box[0] + box[2] * 0.75, y: box[1] + 5 } });
  assert.deepEqual([said.value, await p.says("told")], ["75", 1]);
});

on("text_is_selected_by_number_or_by_drag", `<p id=a>one two three</p>`, async (p) => {
  const n = await p.n("one two three");
  await p.act({ kind: "select_text", n, start: 4, end: 7 });
  assert.equal(await p.says("String(getSelection())"), "two");
  const [x, y, w, h] = (await p.snapshot()).nodes[0].box;
  await p.act({ kind: "drag", from: { x: x + 0.5, y: y + h / 2 }, to: { x: x + w - 0.5, y: y + h / 2 } });
  assert.equal(await p.says("String(getSelection())"), "one two three");
});

on("a_toolbar_button_finds_the_text_still_selected", `<p>one two</p><button onclick="said=String(getSelection())">Bold</button>`, async (p) => {
  await p.act({ kind: "select_text", n: await p.n("one two"), start: 0, end: 3 });
  await p.act({ kind: "click", n: await p.n("Bold") });
  assert.equal(await p.says("said"), "one");
});

on("double_and_triple_and_right_click", `<p id=t>one two three</p><script>log=[];for(const k of ["click","dblclick","contextmenu"])t.addEventListener(k,e=>log.push(k+e.detail))</script>`, async (p) => {
  const n = await p.n("one two three");
  await p.act({ kind: "click", n, count: 2 });
  await p.act({ kind: "click", n, button: "right" });
  assert.equal(await p.says("log.join()"), "click1,click2,dblclick2,contextmenu0");
  await p.act({ kind: "click", n, count: 3 });
  assert.equal(await p.says("String(getSelection()).trim()"), "one two three");
});

on("hover_opens_what_waits_for_the_mouse", `<div id=m style="width:80px">Menu<div id=s style="display:none">Item</div></div><script>m.onmouseenter=()=>s.style.display="block";m.onmouseleave=()=>s.style.display="none"</script><p id=e style="margin-top:90px">else</p>`, async (p) => {
  const said = await p.act({ kind: "hover", n: await p.n("Menu") });
  assert.ok(said.changed.dom > 0);
  assert.ok(await p.n("Item"));
  await p.act({ kind: "hover", n: await p.n("else") });
  assert.equal(await p.says("s.style.display"), "none");
});

on("disabled_field_can_still_be_scrolled", `<textarea id=t disabled style="height:40px">${"line\n".repeat(50)}</textarea>`, async (p) => {
  const { nodes } = await p.snapshot();
  const out = await p.act({ kind: "scroll", n: nodes[0].n, dx: 0, dy: 100 });
  assert.deepEqual([out.status, await p.says("t.scrollTop")], ["done", 100]);
});

on("wheel_scrolls_the_box_under_it_then_the_page", `<div id=b style="height:100px;overflow:auto"><div style="height:400px">tall</div></div><div style="height:3000px"></div>`, async (p) => {
  const inner = await p.act({ kind: "scroll", x: 50, y: 50, dx: 0, dy: 1_000 });
  assert.deepEqual([inner.changed, await p.says("[b.scrollTop, scrollY]")], [{ scroll: true }, [300, 0]]);
  await p.act({ kind: "scroll", x: 50, y: 50, dx: 0, dy: 200 });
  assert.equal(await p.says("scrollY"), 200);
});

on("a_list_s_option_is_pressed_like_a_person_would", `<select multiple size=4 aria-label=L><option>A<option>B<option>C</select><script>told=0;document.querySelector("select").onchange=()=>told++</script>`, async (p) => {
  await p.act({ kind: "click", n: await p.n("A", "option") });
  await p.act({ kind: "click", n: await p.n("C", "option"), modifiers: ["ctrl"] });
  assert.deepEqual(await p.says("[[...document.querySelector('select').selectedOptions].map(o => o.text).join(), told]"), ["A,C", 2]);
});

on("trusted_event_is_aimed_and_read_back", `<button onclick="who=event.isTrusted;this.textContent='Done'">Go</button>`, async (p) => {
  const n = await p.n("Go");
  const at = await p.ask({ do: "aim", effect: "a", act: { kind: "click", n } });
  await p.page.mouse.click(at.x, at.y);
  const said = await p.ask({ do: "landed", effect: "a" });
  assert.deepEqual([said.status, said.reached, said.changed.dom > 0, await p.says("who")], ["done", true, true, true]);
  assert.equal((await p.ask({ do: "aim", effect: "b", act: { kind: "click", n: 99 } })).reason, "no_such");
});

on("a_person_s_hand_is_told_but_never_an_act", `<button>Go</button><input aria-label=I>`, async (p) => {
  await p.evaluate("told = 0; globalThis.chrome = { runtime: { sendMessage: async (said) => { told += said.hand ? 1 : 0 } } }");
  await p.ask({ do: "hand", on: true });
  await p.act({ kind: "click", n: await p.n("Go") });
  await p.act({ kind: "type", n: await p.n("I"), text: "abc" });
  const at = await p.ask({ do: "aim", effect: "a", act: { kind: "click", n: await p.n("Go") } });
  await p.page.mouse.click(at.x, at.y);
  await p.ask({ do: "landed", effect: "a" });
  assert.equal(await p.evaluate("told"), 0);
  await p.page.mouse.click(at.x, at.y);
  assert.equal(await p.evaluate("told"), 1);
});
