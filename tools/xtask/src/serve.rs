//! A few files over HTTP, to nobody but this machine.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::ground::{Done, Stop};

/// By path below the root. What is not in here does not exist: no request reaches a file system.
pub struct Served(pub BTreeMap<String, Vec<u8>>);

/// Limit: bytes of a request, cookies of all that this machine serves among them, and how long somebody may take to say it.
const REQUEST_MAX: u64 = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(5);

/// Until the process ends. Port 0: any that is free.
pub fn serve(port: u16, files: &Served, tell: impl FnOnce(&str)) -> Done {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| Stop::Lacking(format!("port {port}: {error}")))?;
    tell(&format!("http://{}/", listener.local_addr()?));
    // A browser opens connections before it has a use for them: nobody waits for one that says nothing.
    thread::scope(|scope| {
        for stream in listener.incoming() {
            // Whoever hangs up early has no claim to an answer.
            scope.spawn(|| stream.and_then(|stream| answer(stream, files)));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, files: &Served) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    let mut from = BufReader::new(std::io::Read::take(stream.try_clone()?, REQUEST_MAX));
    from.read_line(&mut line)?;
    // The rest of what it says is read, or closing would cut our answer off.
    let mut header = String::new();
    while from.read_line(&mut header)? > 2 {
        header.clear();
    }
    let (status, kind, body) = files.find(&line);
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len())?;
    stream.write_all(b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)
}

impl Served {
    /// `GET /page.js?x HTTP/1.1`
    fn find(&self, line: &str) -> (&'static str, &'static str, &[u8]) {
        let path = line.strip_prefix("GET /").and_then(|rest| rest.split([' ', '?', '#']).next());
        let name = path.map(|path| if path.is_empty() { "index.html" } else { path });
        match name.and_then(|name| self.0.get_key_value(name)) {
            Some((name, bytes)) => ("200 OK", kind(name), bytes),
            None => ("404 Not Found", "text/plain", b"not here\n"),
        }
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_put_in_is_found() {
        let served = Served(BTreeMap::from([("index.html".into(), b"hello".to_vec()), ("a.wasm".into(), Vec::new())]));
        let status = |line| served.find(line).0;
        assert_eq!(served.find("GET / HTTP/1.1"), ("200 OK", "text/html; charset=utf-8", b"hello".as_slice()));
        assert_eq!(served.find("GET /a.wasm?1 HTTP/1.1").1, "application/wasm");
        assert_eq!(status("GET /../Cargo.toml HTTP/1.1"), "404 Not Found");
        assert_eq!(status("POST / HTTP/1.1"), "404 Not Found");
        assert_eq!(status(""), "404 Not Found");
    }
}
