//! Acts in a real page: each case has one exact outcome.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./test/browser.mjs";

let world;
before(async () => (world = await start()));
after(() => world.end());

/** Opens the page, hands it to the case, closes it. */
const on = (name, html, run) => test(name, async () => {
  const page = await world.open(html);
  try {
    await run(page);
  } finally {
    await page.close();
  }
});

on("click_is_one_sequence_of_events", `<button>Go</button><script>log=[];for(const t of ["pointerover","pointerenter","mouseover","mouseenter","pointermove","mousemove","pointerdown","mousedown","focus","pointerup","mouseup","click","dblclick"])document.querySelector("button").addEventListener(t,e=>log.push(t))</script>`, async (p) => {
  const said = await p.act({ kind: "click", n: await p.n("Go") });
  assert.equal(said.status, "done");
  assert.equal(said.reached, true);
  assert.equal(await p.says("log.join(' ')"), "pointerover pointerenter mouseover mouseenter pointermove mousemove pointerdown mousedown focus pointerup mouseup click");
});

on("handler_that_does_nothing_changes_nothing", `<button onclick="">Pay</button>`, async (p) => {
  const said = await p.act({ kind: "click", n: await p.n("Pay") });
  assert.deepEqual([said.status, said.reached, said.changed], ["done", true, {}]);
});

on("checkbox_is_toggled_once", `<label><input type=checkbox onchange="count=(window.count??0)+1"> Agree</label>`, async (p) => {
  const said = await p.act({ kind: "click", n: await p.n("Agree", "checkbox") });
  assert.deepEqual([said.checked, said.changed.checked], [true, true]);
  assert.deepEqual(await p.says("[document.querySelector('input').checked, count]"), [true, 1]);
});

on("label_toggles_its_checkbox_once", `<label for=c>Agree</label><input type=checkbox id=c style="display:none" onchange="count=(window.count??0)+1">`, async (p) => {
  const said = await p.act({ kind: "click", n: await p.n("Agree") });
  assert.deepEqual([said.checked, await p.says("count")], [true, 1]);
});

on("set_of_a_ticked_box_does_nothing", `<label><input type=checkbox checked onchange="count=1"> Agree</label>`, async (p) => {
  const said = await p.act({ kind: "set", n: await p.n("Agree", "checkbox"), value: true });
  assert.deepEqual([said.status, said.checked, said.changed, await p.says("window.count ?? 0")], ["done", true, {}, 0]);
});

on("submit_needs_leave_and_is_sent_once", `<form onsubmit="count=(window.count??0)+1;return false" action=/sent><input name=q value=a><button>Send</button></form>`, async (p) => {
  const n = await p.n("Send");
  const asked = await p.act({ kind: "click", n });
  assert.deepEqual([asked.status, asked.needs.length, asked.needs[0].kind, asked.needs[0].value], ["needs", 1, "submit", "Send"]);
  assert.equal(await p.says("window.count ?? 0"), 0);
  assert.equal((await p.act({ kind: "click", n }, { allow: ["submit"] })).status, "done");
  assert.equal(await p.says("count"), 1);
});

on("submit_by_a_handler_is_held_then_sent_without_a_second_press", `<form id=f onsubmit="sent=(window.sent??0)+1;return false"></form><button onclick="clicks=(window.clicks??0)+1;f.requestSubmit()">Order</button>`, async (p) => {
  const n = await p.n("Order");
  assert.equal((await p.act({ kind: "click", n })).status, "needs");
  assert.deepEqual(await p.says("[clicks, window.sent ?? 0]"), [1, 0]);
  assert.equal((await p.act({ kind: "click", n }, { allow: ["submit"] })).status, "done");
  assert.deepEqual(await p.says("[clicks, sent]"), [1, 1]);
});

on("reverting_field_reads_back_as_it_was", `<label>Town <input oninput="this.value='Rome'" value=Rome></label>`, async (p) => {
  const said = await p.act({ kind: "set", n: await p.n("Town", "textbox"), value: "Oslo" });
  assert.deepEqual([said.status, said.value], ["done", "Rome"]);
});

on("covered_target_is_refused_with_the_cover", `<button onclick="hit=1">Buy</button><div id=veil role=dialog aria-label="Cookies" style="position:fixed;inset:0;background:#0008"></div>`, async (p) => {
  const said = await p.act({ kind: "click", n: await p.n("Buy") });
  assert.deepEqual([said.status, said.reason, said.cover, await p.says("window.hit ?? 0")], ["refused", "covered", 'dialog "Cookies"', 0]);
});

on("node_taken_out_is_detached", `<div id=box><button>Old</button></div>`, async (p) => {
  const n = await p.n("Old");
  await p.says("box.innerHTML = '<button>Old</button>'");
  const said = await p.act({ kind: "click", n });
  assert.deepEqual([said.status, said.reason], ["refused", "detached"]);
});

on("disabled_and_hidden_are_refused", `<button disabled>Off</button><button id=h>Gone</button>`, async (p) => {
  const off = await p.act({ kind: "click", n: await p.n("Off") });
  const n = await p.n("Gone");
  await p.says("h.style.display = 'none'");
  const gone = await p.act({ kind: "click", n });
  assert.deepEqual([off.reason, gone.reason], ["disabled", "hidden"]);
});

on("target_out_of_sight_is_scrolled_to", `<div style="height:3000px"></div><button onclick="hit=1">Deep</button><div style="height:3000px"></div>`, async (p) => {
  const { nodes } = await p.snapshot();
  const said = await p.act({ kind: "click", n: nodes.find((node) => node.name === "Deep").n });
  assert.deepEqual([said.status, await p.says("hit")], ["done", 1]);
});

on("typing_goes_key_by_key_at_the_caret", `<input aria-label=Name value="ac" maxlength=4><script>log=[];for(const t of ["keydown","keypress","beforeinput","input","keyup"])document.querySelector("input").addEventListener(t,e=>log.push(t))</script>`, async (p) => {
  const n = await p.n("Name");
  await p.says("document.querySelector('input').focus(); document.querySelector('input').setSelectionRange(1, 1)");
  const said = await p.act({ kind: "type", n, text: "b" });
  assert.deepEqual([said.value, await p.says("log.join(' ')")], ["abc", "keydown keypress beforeinput input keyup"]);
  assert.equal((await p.act({ kind: "type", text: "xyz" })).value, "abxc", "no more than maxlength");
});

on("typing_without_a_focus_is_refused", `<input>`, async (p) => {
  assert.equal((await p.act({ kind: "type", text: "a" })).reason, "no_focus");
});

on("change_is_told_once_when_the_field_is_left", `<input aria-label=A onchange="count=(window.count??0)+1"><input aria-label=B>`, async (p) => {
  await p.act({ kind: "type", n: await p.n("A"), text: "hello" });
  assert.equal(await p.says("window.count ?? 0"), 0);
  await p.act({ kind: "key", keys: "Tab" });
  assert.deepEqual(await p.says("[count, document.activeElement.getAttribute('aria-label')]"), [1, "B"]);
});

on("select_by_value_text_or_several", `<select aria-label=One><option value=a>Apple<option value=b>Berry</select><select multiple aria-label=Many><option>X<option>Y<option>Z</select><script>log=[];document.addEventListener("change",e=>log.push(e.target.ariaLabel))</script>`, async (p) => {
  const one = await p.n("One"), many = await p.n("Many");
  assert.equal((await p.act({ kind: "set", n: one, value: "b" })).value, "Berry");
  assert.equal((await p.act({ kind: "set", n: one, value: "apple" })).value, "Apple");
  assert.equal((await p.act({ kind: "set", n: many, value: "X|Z" })).value, "X|Z");
  const bad = await p.act({ kind: "set", n: one, value: "Cherry" });
  assert.deepEqual([bad.reason, bad.options], ["no_option", ["Apple", "Berry"]]);
  assert.equal(await p.says("log.join()"), "One,One,Many");
});

on("dates_times_numbers_and_colours_in_the_page_s_own_format", `<input type=date aria-label=D><input type=time aria-label=T><input type=range aria-label=R><input type=color aria-label=C>`, async (p) => {
  assert.equal((await p.act({ kind: "set", n: await p.n("D"), value: "2026-03-14" })).value, "2026-03-14");
  assert.equal((await p.act({ kind: "set", n: await p.n("T"), value: "3:05 PM" })).value, "15:05");
  assert.equal((await p.act({ kind: "set", n: await p.n("R"), value: 70 })).value, "70");
  assert.equal((await p.act({ kind: "set", n: await p.n("C"), value: "#ff0000" })).value, "#ff0000");
  assert.equal((await p.act({ kind: "set", n: await p.n("D"), value: "14th of March" })).reason, "bad_value");
});

on("contenteditable_is_rewritten_by_editing", `<div contenteditable aria-label=Note>old <b>text</b></div><script>log=[];document.addEventListener("input",e=>log.push(e.inputType))</script>`, async (p) => {
  const said = await p.act({ kind: "set", n: await p.n("Note"), value: "new words" });
  assert.deepEqual([said.value, await p.says("log.join()")], ["new words", "insertText"]);
});

on("enter_sends_the_form_once_by_its_button", `<form onsubmit="sent=(window.sent??0)+1;return false"><input aria-label=Q><button onclick="clicks=(window.clicks??0)+1">Go</button></form>`, async (p) => {
  await p.act({ kind: "type", n: await p.n("Q"), text: "x" });
  assert.equal((await p.act({ kind: "key", keys: "Enter" })).needs[0].kind, "submit");
  await p.act({ kind: "key", keys: "Enter" }, { allow: ["submit"] });
  assert.deepEqual(await p.says("[sent, clicks]"), [1, 1]);
});

on("keys_edit_a_field", `<input aria-label=Q value="hello">`, async (p) => {
  await p.act({ kind: "click", n: await p.n("Q") });
  assert.equal((await p.act({ kind: "key", keys: "End Backspace Home Delete" })).value, "ell");
  assert.equal((await p.act({ kind: "key", keys: "ctrl+a x" })).value, "x");
});

on("space_and_arrows_work_controls", `<input type=checkbox aria-label=C><input type=radio name=r aria-label=R1 checked><input type=radio name=r aria-label=R2><select aria-label=S><option>1<option>2</select><input type=range aria-label=G value=5>`, async (p) => {
  await p.act({ kind: "key", keys: "Tab Space" });
  await p.act({ kind: "key", keys: "Tab Down" });
  await p.act({ kind: "key", keys: "Tab Down" });
  await p.act({ kind: "key", keys: "Tab Right", repeat: 1 });
  assert.deepEqual(await p.says("[...document.querySelectorAll('input,select')].map(e => e.type == 'checkbox' || e.type == 'radio' ? e.checked : e.value)"), [true, false, true, "2", "6"]);
});

on("secret_needs_leave_and_is_masked", `<label>Password <input type=password></label>`, async (p) => {
  const n = await p.n("Password", "textbox");
  assert.deepEqual((await p.act({ kind: "set", n, value: "hunter22" })).needs, [{ kind: "secret", field: "Password" }]);
  const said = await p.act({ kind: "set", n, value: "hunter22" }, { allow: ["secret"] });
  assert.equal(said.value, "•••");
  assert.ok(!JSON.stringify([said, await p.snapshot(), await p.ask({ do: "text" })]).includes("hunter22"));
});

on("links_away_uploads_and_downloads_need_leave", `<a href="https://elsewhere.example/x">Away</a><a href="/file.pdf" download>Get</a><input type=file aria-label=Up><a href="javascript:alert(1)">Script</a><a href="javascript:void(0)" onclick="hit=1">Void</a>`, async (p) => {
  const kinds = async (name) => (await p.act({ kind: "click", n: await p.n(name) })).needs;
  assert.deepEqual(await kinds("Away"), [{ kind: "navigate", value: "https://elsewhere.example", url: "https://elsewhere.example/x" }]);
  assert.equal((await kinds("Get"))[0].kind, "download");
  assert.equal((await kinds("Up"))[0].kind, "upload");
  assert.equal((await p.act({ kind: "click", n: await p.n("Script") })).reason, "script_link");
  assert.equal((await p.act({ kind: "click", n: await p.n("Void") })).status, "done");
  assert.equal(await p.says("hit"), 1);
});

on("probed_effect_never_begins", `<button onclick="hit=(window.hit??0)+1">Go</button>`, async (p) => {
  const n = await p.n("Go");
  assert.equal((await p.ask({ do: "probe", effect: "x" })).known, false);
  assert.equal((await p.ask({ do: "act", effect: "x", act: { kind: "click", n } })).status, "void");
  const said = await p.ask({ do: "act", effect: "y", act: { kind: "click", n } });
  const again = await p.ask({ do: "act", effect: "y", act: { kind: "click", n } });
  assert.deepEqual(again, said);
  assert.deepEqual((await p.ask({ do: "probe", effect: "y" })).answer.status, "done");
  assert.equal(await p.says("hit"), 1);
});

on("cancelled_typing_falls_silent", `<textarea aria-label=T></textarea>`, async (p) => {
  const n = await p.n("T");
  const typing = p.ask({ do: "act", effect: "t", act: { kind: "type", n, text: "a".repeat(5_000) } });
  await p.ask({ do: "cancel", effect: "t" });
  const length = (await p.says("document.querySelector('textarea').value.length"));
  assert.equal((await typing).status, "cancelled");
  assert.equal(await p.says("document.querySelector('textarea').value.length"), length);
  assert.ok(length < 5_000);
});

on("another_document_is_stale", `<button>Go</button>`, async (p) => {
  assert.equal((await p.act({ kind: "click", n: await p.n("Go") }, { doc: "other" })).status, "stale");
});

on("a_clock_that_ticks_by_itself_verifies_nothing", `<button onclick="">Pay</button><p id=p>0</p><script>setInterval(()=>p.textContent=Math.random(),90)</script>`, async (p) => {
  const n = await p.n("Pay");
  await p.page.waitForTimeout(900);
  assert.deepEqual((await p.act({ kind: "click", n })).changed, {});
});

on("a_handler_that_answers_later_is_waited_for", `<button onclick="setTimeout(()=>p.textContent='sent',150)">Send</button><p id=p>-</p>`, async (p) => {
  assert.ok((await p.act({ kind: "click", n: await p.n("Send") })).changed.dom > 0);
});

on("a_page_in_the_back_still_hears_of_focus_and_change", `<input aria-label=A onfocus="log.push('focus')" onblur="log.push('blur')" onchange="log.push('change')"><input aria-label=B><script>log=[]</script>`, async (p) => {
  const n = await p.n("A");
  await p.cdp.send("Emulation.setFocusEmulationEnabled", { enabled: false });
  const front = await world.open("");
  await front.page.bringToFront();
  await p.act({ kind: "type", n, text: "x" });
  await p.act({ kind: "click", n: await p.n("B") });
  assert.equal(await p.says("log.join()"), "focus,change,blur");
  await front.close();
});

on("framework_s_own_setter_is_passed_by", `<input aria-label=A><script>const el=document.querySelector("input"),own=Object.getOwnPropertyDescriptor(HTMLInputElement.prototype,"value");let known="";Object.defineProperty(el,"value",{get(){return own.get.call(el)},set(v){known=v;own.set.call(el,v)}});el.addEventListener("input",()=>{told=own.get.call(el)!==known;known=own.get.call(el)})</script>`, async (p) => {
  assert.equal((await p.act({ kind: "set", n: await p.n("A"), value: "abc" })).value, "abc");
  assert.equal(await p.says("told"), true);
});

on("an_editor_that_takes_beforeinput_for_itself_types_once", `<div contenteditable aria-label=E></div><script>const e=document.querySelector("div");e.addEventListener("beforeinput",ev=>{ev.preventDefault();e.textContent+=(ev.data??"").toUpperCase()})</script>`, async (p) => {
  assert.equal((await p.act({ kind: "type", n: await p.n("E"), text: "abc" })).value, "ABC");
});

on("a_row_is_pressed_beside_the_links_in_it", `<ul style="width:300px"><li style="cursor:pointer" onclick="hit=event.target.id">Folder<ul><li id=in style="cursor:pointer">File</li><li>Other</li></ul></li><li style="cursor:pointer">Next</li></ul>`, async (p) => {
  const { nodes } = await p.snapshot();
  await p.act({ kind: "click", n: nodes.find((node) => node.actionable && !node.name).n });
  assert.equal(await p.says("hit"), "");
});
