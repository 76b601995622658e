//! A program that runs beside us and says when it is ready. It ends with us.
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::ground::{Done, Stop};

/// Limit: a program that says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(60);

pub struct Started {
    child: Child,
    said: Receiver<String>,
}

impl Started {
    /// With what follows `word` on the line that begins so. Its standard input stays open until it is dropped.
    pub fn when(command: &mut Command, word: &str) -> Done<(Started, String)> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let (to, said) = channel();
        // It is read to its end, and nobody need listen: who writes into a full pipe waits.
        thread::spawn(move || lines.lines().map_while(Result::ok).for_each(|line| drop(to.send(line))));
        let started = Started { child, said };
        loop {
            if let Some(rest) = started.line()?.strip_prefix(word) {
                let rest = rest.trim().to_owned();
                return Ok((started, rest));
            }
        }
    }

    /// The next one that it says.
    pub fn line(&self) -> Done<String> {
        let hung = |_| Stop::Failed(format!("process {} has ended, or it hangs", self.child.id()));
        self.said.recv_timeout(SILENCE_MAX).map_err(hung)
    }

    pub fn words(&mut self) -> &mut ChildStdin {
        self.child.stdin.as_mut().expect("it is piped")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody has now, for a program that cannot be told to take any.
pub fn free_port() -> Done<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
