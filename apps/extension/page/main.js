//! The one door into a page: globalThis.peerdPage(request), for the isolated world. Injecting it twice is harmless.
import { act, cancel, probe } from "./act.js";
import { noteAmbient } from "./ambient.js";
import { snapshot } from "./collect.js";
import { DOC } from "./doc.js";
import { hand } from "./hand.js";
import { pageText } from "./text.js";
import { aim, landed } from "./trusted.js";
import { wait } from "./wait.js";

const ANSWERS = { snapshot, text: pageText, act, probe, cancel, wait, hand, aim, landed };

async function peerdPage(request) {
  const answer = Object.hasOwn(ANSWERS, request?.do) ? ANSWERS[request.do] : null;
  const said = answer ? await answer(request) : { err: { kind: "no_such_request", text: String(request?.do) } };
  return { ...said, doc: DOC, url: location.href };
}

if (!globalThis.peerdPage) {
  globalThis.peerdPage = peerdPage;
  noteAmbient();
}
