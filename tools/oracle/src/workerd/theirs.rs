//! Plays programs on workerd: one server, many programs at once, because the time of alarms is real.
use super::{program::Program, story::Story};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::Instant,
};

/// Programs of one request, and requests under way: some wait seconds for an alarm to be tried again.
const BATCH: usize = 50;
/// Programs of one server: each object of theirs leaves a file.
const SERVED_MAX: usize = 4_000;

/// The first program of a batch, and what was told about all of it.
type Answered = Result<(usize, String), String>;

pub struct Workerd {
    server: Server,
    at_once: usize,
}

impl Workerd {
    /// The error says what this machine lacks.
    pub fn start(binary: &Path, source: &Path, at_once: usize) -> Result<Workerd, String> {
        Ok(Workerd { server: Server::start(binary, source)?, at_once })
    }

    pub fn version(&self) -> &str {
        &self.server.version
    }

    /// Plays them and hands over each story. None is begun after `until`.
    pub fn play(&mut self, programs: &[&Program], until: Option<Instant>, mut told: impl FnMut(usize, Story)) -> Result<(), String> {
        for (n, part) in programs.chunks(SERVED_MAX).enumerate() {
            if self.server.served + part.len() > SERVED_MAX {
                self.server = self.server.another()?;
            }
            self.server.play(part, self.at_once, until, |at, story| told(n * SERVED_MAX + at, story))?;
        }
        Ok(())
    }
}

struct Server {
    binary: PathBuf,
    source: PathBuf,
    version: String,
    workerd: Child,
    port: u16,
    /// Where its objects' storage is.
    disk: PathBuf,
    served: usize,
}

impl Server {
    fn start(binary: &Path, source: &Path) -> Result<Server, String> {
        let lacking = |error| format!("{} could not start: {error}", binary.display());
        let version = Command::new(binary).arg("--version").output().map_err(lacking)?;
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let disk = memory().join(format!("peerd-oracle-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&disk).map_err(|error| format!("{}: {error}", disk.display()))?;
        let mut workerd = Command::new(binary)
            .args(["serve", "--control-fd=1", "--directory-path"])
            .arg(format!("disk={}", disk.display()))
            .arg(source.join("config.capnp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // What handlers throw is told there too.
            .stderr(Stdio::null())
            .spawn()
            .map_err(lacking)?;
        let mut line = String::new();
        let heard = BufReader::new(workerd.stdout.take().expect("it is piped")).read_line(&mut line);
        let port = heard.ok().and_then(|_| serde_json::from_str::<Value>(&line).ok()?["port"].as_u64());
        let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else {
            let _ = workerd.kill();
            let _ = workerd.wait();
            return Err(format!("workerd does not listen: `{}`", line.trim()));
        };
        Ok(Server { binary: binary.into(), source: source.into(), version, workerd, port, disk, served: 0 })
    }

    fn another(&self) -> Result<Server, String> {
        Server::start(&self.binary, &self.source)
    }

    fn play(
        &mut self,
        programs: &[&Program],
        at_once: usize,
        until: Option<Instant>,
        mut told: impl FnMut(usize, Story),
    ) -> Result<(), String> {
        let (first, port) = (self.served, self.port);
        self.served += programs.len();
        let next = AtomicUsize::new(0);
        let (send, stories) = channel::<Answered>();
        let ask = |send: Sender<Answered>| {
            while until.is_none_or(|until| Instant::now() < until) {
                let at = next.fetch_add(BATCH, Ordering::Relaxed);
                let Some(batch) = programs.get(at..programs.len().min(at + BATCH)).filter(|batch| !batch.is_empty()) else { break };
                let ids: Vec<String> = (0..batch.len()).map(|n| (first + at + n).to_string()).collect();
                let texts: Vec<String> = batch.iter().map(ToString::to_string).collect();
                let answer = post(port, &json!({"ids": ids, "programs": texts}).to_string()).map(|answer| (at, answer));
                if send.send(answer).is_err() {
                    break;
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..at_once.div_ceil(BATCH) {
                let (ask, send) = (&ask, send.clone());
                scope.spawn(move || ask(send));
            }
            drop(send);
            for answer in stories {
                let (at, answer) = answer?;
                let read = || serde_json::from_str::<Value>(&answer).ok()?.as_array()?.iter().map(Story::read).collect::<Option<Vec<_>>>();
                let read = read().ok_or_else(|| format!("player.js said `{}`", answer.chars().take(200).collect::<String>()))?;
                read.into_iter().enumerate().for_each(|(n, story)| told(at + n, story));
            }
            Ok(())
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.workerd.kill();
        let _ = self.workerd.wait();
        let _ = fs::remove_dir_all(&self.disk);
    }
}

/// Thousands of small files that nobody keeps: in memory, where this machine has such a folder.
fn memory() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}

/// One request on a connection of its own; the answer's body.
fn post(port: u16, body: &str) -> Result<String, String> {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let head = format!("POST / HTTP/1.1\r\nHost: player\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = asked().map_err(|error| format!("workerd does not answer: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("workerd's answer has no end of its head")?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("workerd answered {}", head.lines().next().unwrap_or_default()));
    }
    Ok(body.to_owned())
}
