//! `bindgen IN.wasm OUT_DIR NAME`: writes OUT_DIR/NAME.js and OUT_DIR/NAME_bg.wasm for `--target web`.
//!
//! Why not the published command: it can't be installed with its own lock file on a machine without a wasm std, and a
//! global tool could differ in version from the library it must match.
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = args.as_slice() else {
        eprintln!("usage: bindgen IN.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let web = match bindgen.web(true) {
        Ok(web) => web,
        Err(error) => return failed(&error.to_string()),
    };
    let made = web.input_path(input).out_name(name).typescript(false).omit_default_module_path(true).generate(out_dir);
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{error:?}")),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("bindgen: {why}");
    ExitCode::FAILURE
}
