//! Plays programs on Erlang/OTP: one BEAM, many programs at once, because their time is real.
use super::{program::Program, story::Story};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

pub struct Beam {
    erl: Child,
    /// None: everything was said.
    to: Option<ChildStdin>,
    lines: Receiver<String>,
    version: String,
}

impl Beam {
    /// The error says what this machine lacks.
    pub fn start(source: &Path, into: &Path) -> Result<Beam, String> {
        let lacking = |error| format!("erl could not start: {error} (on Debian: apt-get install erlang-base)");
        std::fs::create_dir_all(into).map_err(|error| error.to_string())?;
        let compiled = Command::new("erlc").arg("-o").arg(into).arg(source).status().map_err(lacking)?;
        if !compiled.success() {
            return Err("otp.erl does not compile".into());
        }
        let version = Command::new("erl")
            .args(["-noshell", "-eval", "io:put_chars(erlang:system_info(otp_release)), halt()."])
            .stdin(Stdio::null())
            .output()
            .map_err(lacking)?;
        // One scheduler, so that what one process is told comes in the order in which it happened.
        let mut erl = Command::new("erl")
            .args(["+S", "1", "+sbwt", "none", "-noshell", "-kernel", "logger_level", "none", "-pa"])
            .arg(into)
            .args(["-s", "otp", "main"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(lacking)?;
        let (to, from) = (erl.stdin.take(), erl.stdout.take().expect("it is piped"));
        let (send, lines) = channel();
        thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Ok(Beam { erl, to, lines, version: String::from_utf8_lossy(&version.stdout).into_owned() })
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// Plays them, `at_once` at a time, and hands over each story when it is whole. None is begun after `until`.
    pub fn play(
        &mut self,
        programs: &[&Program],
        at_once: usize,
        until: Option<Instant>,
        mut told: impl FnMut(usize, Story),
    ) -> Result<(), String> {
        let mut waiting = programs.iter().enumerate();
        let mut playing: BTreeMap<usize, Story> = BTreeMap::new();
        loop {
            while playing.len() < at_once
                && until.is_none_or(|until| Instant::now() < until)
                && let Some((id, program)) = waiting.next()
            {
                self.say(&format!("{id} {}\n", program.to_string().replace('\n', ";")))?;
                playing.insert(id, Story::default());
            }
            if playing.is_empty() {
                return Ok(());
            }
            let line = self.lines.recv().map_err(|_| "the BEAM has ended".to_owned())?;
            let heard = line.split_once(' ').and_then(|(id, word)| {
                let id = id.parse().ok()?;
                if word == "end" {
                    told(id, playing.remove(&id)?);
                    return Some(());
                }
                playing.get_mut(&id)?.hear(word).then_some(())
            });
            heard.ok_or_else(|| format!("otp.erl said `{line}`"))?;
        }
    }

    fn say(&mut self, text: &str) -> Result<(), String> {
        let to = self.to.as_mut().expect("only the end takes it");
        to.write_all(text.as_bytes()).and_then(|()| to.flush()).map_err(|error| format!("the BEAM does not listen: {error}"))
    }
}

impl Drop for Beam {
    fn drop(&mut self) {
        self.to = None;
        // It ends when its input has.
        let _ = self.erl.wait();
    }
}
