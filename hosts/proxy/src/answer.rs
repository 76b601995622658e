//! An answer as bytes for a client: its length is never known before its end, so it comes in chunks, or ends with its connection.

/// The browser has unpacked the body and counted anew; the rest is of one hop.
const NOT_PASSED_ON: [&str; 6] = ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "trailer"];
/// Limit: characters of a reason.
const REASON_MAX: usize = 200;

/// One that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub is_head: bool,
    pub is_1_1: bool,
    pub keeps: bool,
    /// The status and headers are out.
    pub began: bool,
    /// It has a body: not so for HEAD, 204 and 304.
    pub has_body: bool,
}

impl Answer {
    pub fn head(&mut self, status: u16, headers: &[(String, String)]) -> Vec<u8> {
        self.began = true;
        self.has_body = !self.is_head && !matches!(status, 204 | 304) && status >= 200;
        let mut out = format!("HTTP/1.1 {status} {}\r\n", reason(status));
        for (name, value) in headers {
            let is_passed_on = !NOT_PASSED_ON.contains(&name.as_str()) || (name == "content-length" && self.is_head);
            if is_passed_on && is_clean(name) && is_clean(value) {
                out += &format!("{name}: {value}\r\n");
            }
        }
        if self.has_body && self.is_1_1 {
            out += "transfer-encoding: chunked\r\n";
        } else if self.has_body {
            self.keeps = false;
        }
        if !self.keeps {
            out += "connection: close\r\n";
        }
        out += "\r\n";
        out.into_bytes()
    }

    pub fn piece(&self, bytes: &[u8]) -> Vec<u8> {
        match (self.has_body && !bytes.is_empty(), self.is_1_1) {
            (false, _) => Vec::new(),
            (true, false) => bytes.to_vec(),
            (true, true) => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
        }
    }

    pub fn end(&self) -> &'static [u8] {
        if self.has_body && self.is_1_1 { b"0\r\n\r\n" } else { b"" }
    }

    /// All of an answer of ours: why, in the status line and in the body, because programs show the one or the other.
    pub fn refusal(&self, status: u16, why: &str, header: &str) -> Vec<u8> {
        let line: String = why.chars().filter(|char| !char.is_control() && char.is_ascii()).take(REASON_MAX).collect();
        let body = if self.is_head { String::new() } else { format!("peerd: {why}\n") };
        let close = if self.keeps { "" } else { "connection: close\r\n" };
        let kind = "content-type: text/plain; charset=utf-8";
        format!("HTTP/1.1 {status} {line}\r\n{kind}\r\ncontent-length: {}\r\n{header}{close}\r\n{body}", body.len()).into_bytes()
    }
}

fn is_clean(text: &str) -> bool {
    !text.bytes().any(|byte| byte == b'\r' || byte == b'\n' || byte == 0)
}

/// Of the statuses that people read; clients go by the number.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "As Told",
    }
}
