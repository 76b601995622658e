//! A file of AssemblyScript on its way to be a module: a compiler of its own, in a frame, which ends with it.
use super::{
    Actors, Came, Job, Step, WORK_MS,
    kept::{Kind, Version},
    opening::born,
};
use crate::actors::{
    Actor, body, json_bytes,
    sandboxes::{
        Compiler,
        compiler::{Args, COMPILE_MS, Product, ToCompiler},
    },
};
use alloc::{
    format,
    string::{String, ToString},
};
use peerd_otp::supervisor::{Request, Restart};
use peerd_vat::{CallId, Cx, Ref};

/// What is next for a version.
pub(super) enum Next {
    Wait(Step, CallId),
    /// The host can load it.
    Ready,
    /// Of a file that does not compile, or of a compiler that failed.
    Failed(String),
}

impl Actors {
    /// From `Begin` to the step before `Load`.
    pub(super) fn compile(&mut self, job: &mut Job, class: &str, version: &mut Version, came: Came<'_>, cx: &mut Cx<'_>) -> Next {
        match job.step {
            _ if version.kind != Kind::As || version.module.is_some() => Next::Ready,
            Step::Compiler => match born(came) {
                Ok(child) => {
                    let file = ToCompiler::Compile { name: class.into(), text: version.code.clone() };
                    Next::Wait(Step::Compile, cx.call(child, &json_bytes(&file), &[], COMPILE_MS))
                }
                Err(why) => Next::Failed(format!("the compiler did not start: {why}")),
            },
            Step::Compile => {
                let product = came.map_err(|settle| settle.to_string());
                match product.and_then(|(bytes, _)| body::<Product>(bytes).map_err(|crash| crash.message.to_string())) {
                    Ok(Product::Wasm(module)) => {
                        job.compiler = None;
                        version.module = Some(module);
                        Next::Ready
                    }
                    Ok(Product::Wrong(lines)) => Next::Failed(lines.join("\n")),
                    Ok(Product::Failed(why)) => Next::Failed(why),
                    Err(why) => Next::Failed(format!("the compiler ended: {why}")),
                }
            }
            _ => {
                self.compiled += 1;
                let args = Args { number: self.compiled };
                job.compiler = Some(args.number);
                let request = Request::start(&args.name(), Compiler::NAME, json_bytes(&args), Restart::Temporary);
                Next::Wait(Step::Compiler, cx.call(self.doors.frames, &request, &[self.doors.boxes, self.doors.wires], WORK_MS))
            }
        }
    }
}

/// Nobody waits for what it does.
pub(super) fn end(number: u64, frames: Ref, cx: &mut Cx<'_>) {
    let call = cx.call(frames, &Request::terminate(&Args { number }.name()), &[], WORK_MS);
    let _ = call;
}
