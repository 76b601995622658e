//! One cell at a time: asked for what it may reach, run in the kernel, its words and results taken as they come, ended when it does not end.
use super::{
    CELLS_BYTES_MAX, EAR, IDLE, IDLE_MS, Notebook,
    cell::{Cell, CellKind, CellState, OUTPUT_MAX, bundle},
    tool::Call,
};
use crate::{
    actors::{
        reply_json, send_json,
        wire::ToChat,
        works::{
            failed,
            sandbox::{Sandbox, Thrown, text},
        },
    },
    grants::{Need, NeedKind},
    outcome::Outcome,
    view::{ChatId, Verdict},
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_vat::{Answer, CallId, Cx, INFINITY_MS, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Limit: bytes of a cell's result.
const RESULT_MAX: usize = 512 << 10;
/// A person's cell may take long; they have the switch.
pub const BY_HAND_MS: u64 = 10 * 60_000;
/// Limit: of what a card shows meanwhile.
const SHOWN_MAX: usize = 4_000;

#[derive(Serialize, Deserialize)]
pub struct Run {
    number: u64,
    pub cell: String,
    /// The agent's call; none: a person's doing.
    call: Option<Call>,
    time_ms: u64,
    origins: Vec<String>,
    /// Those that the chat has still to allow, the next one first.
    wanted: Vec<String>,
    /// With the same number: what was begun together, of which the rest is not run when one fails.
    together: u64,
    pub stage: RunStage,
    began: u64,
    /// Bytes that what it shows may have, within what the notebook has room for.
    pub room: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStage {
    Waits,
    Asks,
    /// For the kernel, or for what it is to be lent.
    Kernel,
    Runs(CallId),
}

impl Run {
    pub fn effect(&self) -> Option<&String> {
        self.call.as_ref().map(|call| &call.effect)
    }

    pub fn chat(&self) -> Option<ChatId> {
        self.call.as_ref().map(|call| call.chat)
    }
}

/// What a run is to be, beside its cell.
pub struct Terms {
    pub call: Option<Call>,
    pub time_ms: u64,
    pub origins: Vec<String>,
    pub wanted: Vec<String>,
}

impl Notebook {
    /// Puts cells in the queue, to be run one after the other.
    pub fn enqueue(&mut self, cells: &[String], terms: Terms, cx: &mut Cx<'_>) {
        let Terms { mut call, time_ms, origins, wanted } = terms;
        self.last_run += 1;
        let together = self.last_run;
        for id in cells {
            let Some(at) = self.at(id).filter(|at| self.cells[*at].kind == CellKind::Code && !self.cells[*at].is_under_way()) else {
                continue;
            };
            self.cells[at].state = CellState::Queued;
            self.cells[at].effect = call.as_ref().map(|call| call.effect.clone()).unwrap_or_default();
            self.show_cell(id, cx);
            self.last_run += 1;
            let run = Run {
                number: self.last_run,
                cell: id.clone(),
                call: call.take(),
                time_ms,
                origins: origins.clone(),
                wanted: wanted.clone(),
                together,
                stage: RunStage::Waits,
                began: 0,
                room: 0,
            };
            self.queue.push(run);
        }
        // It is running already, or is no code.
        if let Some(call) = call {
            reply_json(cx, call.reply, &failed("that cell is no code, or is under way already"));
        }
        self.pump(cx);
    }

    fn pump(&mut self, cx: &mut Cx<'_>) {
        if self.current.is_some() || self.queue.is_empty() {
            return;
        }
        let mut run = self.queue.remove(0);
        cx.cancel_timer(IDLE);
        if let Some(at) = self.at(&run.cell) {
            let cell = &mut self.cells[at];
            cell.outputs.clear();
            (cell.state, cell.count, cell.note, cell.ms) = (CellState::Running, None, String::new(), 0);
            self.keep(&[&run.cell], cx);
            self.show_cell(&run.cell, cx);
        }
        run.room = self.room();
        self.current = Some(run);
        self.ask(cx);
    }

    /// For the next origin; or goes on.
    fn ask(&mut self, cx: &mut Cx<'_>) {
        let Some(run) = &mut self.current else { return };
        if let (Some(origin), Some(call)) = (run.wanted.first(), &run.call) {
            run.stage = RunStage::Asks;
            let need = Need { kind: NeedKind::Fetch { origin: origin.clone() }, value: origin.clone(), why: "notebook_run".into() };
            return send_json(cx, call.asker, &ToChat::Need { effect: call.effect.clone(), need });
        }
        run.stage = RunStage::Kernel;
        if self.kernel.is_none() {
            let number = run.number - super::RUNS;
            let name = format!("kernel {}-{number}", self.info.id);
            self.kernel = Some(Sandbox::start("notebook", &name, None, EAR, self.doors, cx));
        }
        self.show_kernel(cx);
        self.go(cx);
    }

    pub fn allowed(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(run) = self.current.as_mut().filter(|run| run.stage == RunStage::Asks && run.effect().is_some_and(|it| it == effect))
        else {
            return;
        };
        run.wanted.remove(0);
        self.ask(cx);
    }

    pub fn denied(&mut self, effect: &str, reason: &str, cx: &mut Cx<'_>) {
        let is_asking = |run: &super::Run| run.stage == RunStage::Asks && run.effect().is_some_and(|it| it == effect);
        if !self.current.as_ref().is_some_and(is_asking) {
            return;
        }
        let Some(run) = self.current.take() else { return };
        let origin = words::line(&run.wanted[0], 200);
        let text = format!("Not executed: {reason} ({origin}).");
        if let Some(call) = &run.call {
            let outcome = Outcome { verdict: Verdict::Denied, evidence: reason.into(), text, error: true, ..Outcome::default() };
            reply_json(cx, call.reply, &outcome);
        }
        self.close(&run.cell, CellState::Idle, &format!("not run: {origin} was not allowed"), cx);
        self.pump(cx);
    }

    /// The kernel is there, as far as that goes: runs the current cell when it can.
    pub fn go(&mut self, cx: &mut Cx<'_>) {
        let (Some(run), Some(kernel)) = (&mut self.current, &mut self.kernel) else { return };
        if run.stage != RunStage::Kernel || kernel.runner.is_none() {
            return;
        }
        let origins: Vec<String> = run.origins.iter().chain(&self.book.origins).cloned().collect();
        match kernel.has(&origins, cx) {
            Ok(true) => {}
            Ok(false) => return,
            Err(why) => return self.finish(CellState::Failed, &why, cx),
        }
        let Some(cell) = self.cells.iter().find(|cell| cell.id == run.cell) else { return };
        let args = [Value::text(&cell.id), Value::text(&cell.source)].into();
        let Some(call) = kernel.call("run", args, INFINITY_MS, cx) else { return };
        (run.stage, run.began) = (RunStage::Runs(call), cx.now().0);
        cx.timer(run.number, run.time_ms);
        self.show_kernel(cx);
    }

    /// What the kernel says while a cell runs. Hostile until it is read; who waits is answered, whatever it said.
    pub fn guest(&mut self, bytes: &[u8], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let Some((method, args)) = portable::invoked(bytes) else { return };
        match (method.as_str(), args.as_slice()) {
            ("out", [Value::Text(stream), Value::Text(text)]) => {
                let stream = if stream == "stderr" { "stderr" } else { "stdout" };
                self.output(|cell, room| cell.says(stream, text, room), cx);
            }
            ("show", [Value::Text(text)]) => {
                if let Some(data) = bundle(text) {
                    self.output(|cell, room| cell.shows(&json!({"output_type": "display_data", "data": data, "metadata": {}}), room), cx);
                }
            }
            ("read" | "write" | "remove" | "files", args) => return self.file_for_guest(&method, args, reply, cx),
            _ => {}
        }
        if let Some(reply) = reply {
            cx.reply(reply, &portable::write(&Value::Void), &[]);
        }
    }

    /// What comes between two runs is nobody's.
    fn output(&mut self, add: impl FnOnce(&mut Cell, usize) -> bool, cx: &mut Cx<'_>) {
        let Some(run) = self.current.as_ref().filter(|run| matches!(run.stage, RunStage::Runs(_))) else { return };
        let (id, room) = (run.cell.clone(), run.room);
        let Some(at) = self.at(&id) else { return };
        if !add(&mut self.cells[at], room) {
            return self.kernel_ended(&too_much(room), cx);
        }
        self.shows_soon(&id, cx);
    }

    /// Streams what was said to the chat's card.
    pub fn stream(&self, id: &str, cx: &mut Cx<'_>) {
        let Some(call) = self.current.as_ref().filter(|run| run.cell == id).and_then(|run| run.call.as_ref()) else { return };
        let Some(cell) = self.cells.iter().find(|cell| cell.id == id) else { return };
        let said = cell.text();
        let from = said.char_indices().rev().nth(SHOWN_MAX).map_or(0, |(at, _)| at);
        send_json(cx, call.asker, &ToChat::Output { effect: call.effect.clone(), text: said[from..].to_string() });
    }

    pub fn ran(&mut self, settled: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let Some(run) = self.current.as_ref().filter(|run| run.stage == RunStage::Runs(settled)) else { return };
        let Some(at) = self.at(&run.cell) else { return };
        let room = run.room;
        self.book.count += 1;
        let count = self.book.count;
        self.cells[at].count = Some(count);
        match text(result, RESULT_MAX) {
            Ok(said) => {
                let result = bundle(&said)
                    .map(|data| json!({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count}));
                if result.is_none_or(|result| self.cells[at].shows(&result, room)) {
                    self.finish(CellState::Done, "", cx);
                } else {
                    self.finish(CellState::Failed, &format!("its result is too large to be kept: {}", too_much(room)), cx);
                }
            }
            Err(Thrown::ByTheCode(why)) => {
                let fits = self.cells[at].shows(&thrown(&why), room);
                // What it took stays taken while its kernel lives, and the process that all sandboxes share has none for others.
                if NO_MEMORY.iter().any(|words| why.contains(words)) {
                    return self.kernel_ended("there was no memory left", cx);
                }
                self.finish(CellState::Failed, if fits { "" } else { "what it threw is too large to be kept" }, cx);
            }
            Err(Thrown::Otherwise(why)) => self.kernel_ended(&why, cx),
        }
    }

    pub fn time_is_up(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some(run) = self.current.as_ref().filter(|run| run.number == key) {
            self.kernel_ended(&format!("a cell had not ended after {} s", run.time_ms / 1_000), cx);
        }
    }

    /// Whatever it did: its frame is taken away, what it ran is killed, and the notebook goes on without what it had in mind.
    pub fn kernel_ended(&mut self, why: &str, cx: &mut Cx<'_>) {
        let Some(kernel) = self.kernel.take() else { return };
        kernel.end(self.doors, cx);
        self.lost = Some(why.into());
        cx.cancel_timer(IDLE);
        if self.current.is_some() {
            self.finish(CellState::Killed, why, cx);
        } else {
            self.show_kernel(cx);
        }
    }

    /// Its frame is no more. Why may be the code's words, and stands among what that said.
    pub fn kernel_gone(&mut self, why: &str, cx: &mut Cx<'_>) {
        if let Some(run) = &self.current
            && let Some(at) = self.at(&run.cell)
        {
            let room = run.room;
            let _ = self.cells[at].shows(&json!({"output_type": "error", "ename": "Ended", "evalue": why, "traceback": []}), room);
        }
        self.kernel_ended("its frame ended", cx);
    }

    pub fn end_kernel(&mut self, why: &str, cx: &mut Cx<'_>) {
        self.kernel_ended(why, cx);
    }

    fn close(&mut self, id: &str, state: CellState, note: &str, cx: &mut Cx<'_>) {
        if let Some(at) = self.at(id) {
            (self.cells[at].state, self.cells[at].note) = (state, note.into());
            self.keep(&[id], cx);
            self.show_cell(id, cx);
        }
    }

    fn finish(&mut self, state: CellState, note: &str, cx: &mut Cx<'_>) {
        let Some(run) = self.current.take() else { return };
        cx.cancel_timer(run.number);
        // What its chat allowed was allowed for this call.
        if let Some(kernel) = &mut self.kernel {
            for origin in run.origins.iter().filter(|origin| !self.book.origins.contains(origin)) {
                kernel.take_back(origin, self.doors, cx);
            }
        }
        let ran_ms = if let RunStage::Runs(_) = run.stage { cx.now().0.saturating_sub(run.began) } else { 0 };
        if let Some(at) = self.at(&run.cell) {
            self.cells[at].ms = ran_ms;
        }
        self.close(&run.cell, state, note, cx);
        if let Some(call) = &run.call {
            let outcome = self.outcome(&run.cell);
            reply_json(cx, call.reply, &outcome);
        }
        // What was to come after it was meant to find what it leaves.
        if state != CellState::Done {
            let over: Vec<Run> = self.queue.extract_if(.., |other| other.together == run.together).collect();
            for other in over {
                self.close(&other.cell, CellState::Idle, "", cx);
            }
        }
        if self.queue.is_empty() && self.kernel.is_some() {
            cx.timer(IDLE, IDLE_MS);
        }
        self.show_kernel(cx);
        self.pump(cx);
    }

    /// Those that nobody waits for any more: what runs is ended with its kernel, for there is no gentler way.
    pub fn cancelled(&mut self, is_meant: impl Fn(&Run) -> bool, cx: &mut Cx<'_>) {
        let over: Vec<Run> = self.queue.extract_if(.., |run| is_meant(run)).collect();
        for run in over {
            self.close(&run.cell, CellState::Idle, "", cx);
            if let Some(call) = &run.call {
                reply_json(cx, call.reply, &failed("it was stopped before it ran"));
            }
        }
        if self.current.as_ref().is_some_and(&is_meant) {
            match self.kernel {
                Some(_) => self.kernel_ended("it was stopped", cx),
                None => self.finish(CellState::Idle, "", cx),
            }
        }
    }

    /// Of a cell that has been run, for the agent.
    pub fn outcome(&mut self, id: &str) -> Outcome {
        let Some(cell) = self.cells.iter().find(|cell| cell.id == id) else { return failed("the cell is not there any more") };
        let seconds = cell.ms as f64 / 1_000.0;
        let lost = "What the notebook had in its variables is lost; cells, outputs and files are not. Run again what is needed.";
        let (verdict, evidence) = match cell.state {
            CellState::Done => (Verdict::Done, format!("cell {id} ended after {seconds:.1} s")),
            CellState::Killed => (Verdict::Failed, format!("cell {id} was killed: {}", cell.note)),
            CellState::Failed if !cell.note.is_empty() => (Verdict::Failed, format!("cell {id}: {}", cell.note)),
            CellState::Failed => (Verdict::Failed, format!("cell {id} threw after {seconds:.1} s")),
            CellState::Idle | CellState::Queued | CellState::Running => (Verdict::Failed, format!("cell {id} was not run")),
        };
        let mut text = format!("{}: {evidence}", if verdict == Verdict::Done { "done" } else { "failed" });
        if cell.state == CellState::Killed {
            text.push_str(". ");
            text.push_str(lost);
            self.lost = None;
        } else if let Some(why) = self.lost.take() {
            text.push_str(&format!(". It ran in a new kernel, as the last one had ended ({why}): {lost}"));
        }
        let said = cell.text();
        if !said.is_empty() {
            text.push('\n');
            text.push_str(&super::tool::fenced(&said));
        }
        let outcome = Outcome { verdict, evidence, text, error: verdict != Verdict::Done, changed: true, ..Outcome::default() };
        super::tool::pictured(outcome, cell)
    }
}

/// What V8 throws when the process has none: for buffers, and for memories of WebAssembly.
const NO_MEMORY: [&str; 2] = ["Array buffer allocation failed", "could not allocate memory"];

/// What there was no room for.
fn too_much(room: usize) -> String {
    if room < OUTPUT_MAX {
        let all = CELLS_BYTES_MAX >> 20;
        return format!("the notebook would have more than {all} MiB with all outputs: clear outputs or delete cells");
    }
    format!("a cell said more than {} KiB", OUTPUT_MAX >> 10)
}

/// What the code threw, as it was told by the guest: name, message and lines in a JSON of its own, or just words.
fn thrown(why: &str) -> serde_json::Value {
    let said: serde_json::Value = serde_json::from_str(why).unwrap_or_default();
    let line = |key: &str| said[key].as_str().map(|text| text.chars().take(8_000).collect::<String>());
    let name = line("ename").unwrap_or_else(|| "Error".into());
    let value = line("evalue").unwrap_or_else(|| why.chars().take(8_000).collect());
    let trace: Vec<String> = line("trace").map(|text| text.lines().map(ToString::to_string).collect()).unwrap_or_default();
    json!({"output_type": "error", "ename": name, "evalue": value, "traceback": trace})
}
