//! Starts the wasm module for the settings.
import init, { options } from "./wasm/ui.js";

await init({ module_or_path: new URL("./wasm/ui_bg.wasm", import.meta.url) });
options();
