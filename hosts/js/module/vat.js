//! The script of a vat's Worker: loads the module with the behaviours, then passes on what the page says and hears.
import { pump } from "./peerd.js";

let vat;

self.onmessage = async ({ data, ports }) => {
  if (data.rows) return ports[0].postMessage(vat.rows());
  if (data.text) return vat.tell(data.text, data.table);
  try {
    vat = await pump(await import(data.open), {
      said: (text, table) => self.postMessage({ text, table }),
      reported: (report) => self.postMessage({ report }),
    });
    self.postMessage({ opened: true });
  } catch (error) {
    self.postMessage({ failed: String(error?.message ?? error) });
  }
};
