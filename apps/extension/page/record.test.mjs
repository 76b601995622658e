//! A person's own events, played by the browser's trusted input, and the steps that come of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bundle, start } from "./test/browser.mjs";

let world, recorder;
before(async () => {
  world = await start();
  recorder = await bundle("recorder.js");
});
after(() => world.end());

const on = (name, html, run) => test(name, async () => {
  const p = await world.open(html);
  try {
    await p.evaluate("steps = []; globalThis.chrome = { runtime: { sendMessage: async ({ recorded }) => { steps.push(recorded) } } }");
    await p.evaluate(recorder);
    await run(p.page, async () => {
      await p.evaluate("globalThis.peerdRecorder?.stop()");
      return (await p.evaluate("steps")).map((step) => [step.tool, step.fingerprint.role, step.fingerprint.name, ...(step.secret ? ["secret"] : []), ...("value" in step ? [step.value] : [])].join(" "));
    });
  } finally {
    await p.close();
  }
});

on("entries_are_told_once_in_their_last_state", `<label>Town <input></label><label><input type=checkbox> Gift</label><label>Size <select><option>S<option>L</select></label><button>Buy</button>`, async (page, steps) => {
  await page.click("input >> nth=0");
  await page.keyboard.type("Oslp");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("o");
  await page.click("text=Gift");
  await page.selectOption("select", "L");
  await page.click("text=Buy");
  assert.deepEqual(await steps(), ["form_input textbox Town Oslo", "form_input checkbox Gift true", "left_click button Buy"]);
});

on("enter_sends_the_field_then_the_key_and_no_click", `<form onsubmit="return false"><label>Find <input></label><button>Go</button></form>`, async (page, steps) => {
  await page.click("input");
  await page.keyboard.type("tea");
  await page.keyboard.press("Enter");
  assert.deepEqual(await steps(), ["form_input textbox Find tea", "key textbox Find Enter"]);
});

on("a_password_is_a_step_without_a_value", `<label>Password <input type=password></label><button>Go</button>`, async (page, steps) => {
  await page.click("input");
  await page.keyboard.type("hunter22");
  await page.click("text=Go");
  assert.deepEqual(await steps(), ["form_input textbox Password secret", "left_click button Go"]);
});

on("a_press_on_a_field_counts_when_nothing_is_entered", `<label>Date <input id=d></label><div id=p hidden><button>14</button></div><script>d.onfocus=()=>p.hidden=false;p.onmousedown=e=>e.preventDefault();p.onclick=()=>{d.value="14";p.remove()}</script>`, async (page, steps) => {
  await page.click("#d");
  await page.click("text=14");
  assert.deepEqual(await steps(), ["left_click textbox Date", "left_click button 14"]);
});

on("evidence_is_taken_before_the_page_changes_what_is_pressed", `<button onmousedown="this.textContent='Sent'">Send</button>`, async (page, steps) => {
  await page.click("button");
  assert.deepEqual(await steps(), ["left_click button Send"]);
});

on("events_of_scripts_are_not_a_person_s", `<button>Go</button>`, async (page, steps) => {
  await page.evaluate("document.querySelector('button').dispatchEvent(new MouseEvent('click', { bubbles: true }))");
  assert.deepEqual(await steps(), []);
});
