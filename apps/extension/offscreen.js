//! Keeps the Worker that runs the vat: starts it, replaces it when it breaks, and joins it to the service worker.
import { Boxes } from './host/boxes.js';
import { Files } from './host/files.js';
import { Keeper } from './host/keeper.js';
import { Link } from './host/link.js';
import { Linux } from './host/linux.js';

const link = new Link((message) => keeper.tell(message));
const boxes = new Boxes((message) => keeper.tell(message));
const keeper = new Keeper(link, boxes, new Linux(), async () => {
  const [about, recipes] = await Promise.all([link.about(), bundledRecipes()]);
  return { wall: Date.now(), ...about, recipes };
}, refused);
keeper.start();
new Files(keeper, link);

// What panels want is heard here and not in the Worker, so that nothing is lost while that is being replaced.
const panels = new BroadcastChannel('peerd');
panels.onmessage = ({ data }) => {
  const { command } = JSON.parse(data);
  if (command) keeper.tell({ command });
};

function refused(why) {
  panels.postMessage(JSON.stringify({ update: { Unopened: { why } } }));
}

async function bundledRecipes() {
  const read = async (path) => (await fetch(`recipes/${path}`)).json();
  return Promise.all((await read('index.json')).map(read));
}
