//! Starts the wasm module for the side panel.
import init, { panel } from "./wasm/ui.js";

await init({ module_or_path: new URL("./wasm/ui_bg.wasm", import.meta.url) });
panel();
