//! A program that runs beside us and says when it is ready. It ends with us.
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::ground::{Done, Stop};

/// Limit: a program that says nothing for so long hangs.
const READY_MAX: Duration = Duration::from_secs(60);

pub struct Started(Child);

impl Started {
    /// With what follows `word` on the line that begins so. Its standard input stays open until it is dropped.
    pub fn when(command: &mut Command, word: &str) -> Done<(Started, String)> {
        let mut child = Started(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
        let said = BufReader::new(child.0.stdout.take().expect("it is piped"));
        let (to, heard) = channel();
        let word = word.to_owned();
        // It is read to its end: who writes into a full pipe waits.
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                match line.strip_prefix(&word) {
                    // Nobody listens for a second one.
                    Some(rest) => drop(to.send(rest.trim().to_owned())),
                    None => eprintln!("{line}"),
                }
            }
        });
        let ready = heard.recv_timeout(READY_MAX);
        ready.map(|rest| (child, rest)).map_err(|_| Stop::Failed(format!("{command:?} did not get ready")))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port of loopback that nobody has now, for a program that cannot be told to take any.
pub fn free_port() -> Done<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
