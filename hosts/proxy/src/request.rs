//! One request as a client of a proxy writes it: its head by httparse, its body by length or in chunks, both bounded.
use base64::{Engine, prelude::BASE64_STANDARD};

/// Limit: bytes of a request's head.
pub const HEAD_MAX: usize = 32 << 10;
/// Limit: bytes of a body: what the egress broker lets out, and one more, so that the broker says so.
pub const BODY_MAX: usize = (256 << 10) + 1;
const HEADERS_MAX: usize = 64;

/// Of one hop, the browser's own business, or nobody's.
const NOT_PASSED_ON: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub target: String,
    /// In lower case, without those of one hop.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// `user:password` of the proxy's own authentication.
    pub credentials: Option<String>,
    /// The connection can take another request after the answer.
    pub keeps: bool,
    /// The client reads chunks.
    pub is_1_1: bool,
}

/// What is there so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// It goes on. `waits`: its client sends the body when it is told to.
    More { waits: bool },
    /// So many bytes were it.
    Whole(Box<Request>, usize),
    /// No request: which answer says so, and why.
    Bad(u16, &'static str),
}

#[derive(Clone, Copy)]
enum Length {
    Bytes(usize),
    Chunks,
}

pub fn read(bytes: &[u8]) -> Read {
    let mut space = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut space);
    let head = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if bytes.len() > HEAD_MAX => return Read::Bad(431, "the request's head is too long"),
        Ok(httparse::Status::Partial) => return Read::More { waits: false },
        Err(_) => return Read::Bad(400, "this is no HTTP request"),
    };
    let (mut request, length, waits) = match of(&parsed) {
        Ok(read) => read,
        Err(why) => return Read::Bad(400, why),
    };
    let rest = &bytes[head..];
    match length {
        Length::Bytes(length) if length > BODY_MAX => Read::Bad(413, "the request's body is larger than may be sent"),
        Length::Bytes(length) if rest.len() < length => Read::More { waits: waits && rest.is_empty() },
        Length::Bytes(length) => {
            request.body = rest[..length].to_vec();
            Read::Whole(Box::new(request), head + length)
        }
        Length::Chunks => match chunks(rest) {
            Ok(Some((body, length))) => {
                request.body = body;
                Read::Whole(Box::new(request), head + length)
            }
            Ok(None) => Read::More { waits: waits && rest.is_empty() },
            Err((status, why)) => Read::Bad(status, why),
        },
    }
}

fn of(parsed: &httparse::Request<'_, '_>) -> Result<(Request, Length, bool), &'static str> {
    let is_1_1 = parsed.version == Some(1);
    let mut request = Request {
        method: parsed.method.unwrap_or_default().into(),
        target: parsed.path.unwrap_or_default().into(),
        keeps: is_1_1,
        is_1_1,
        ..Request::default()
    };
    let (mut length, mut is_chunked, mut waits) = (None, false, false);
    for header in &*parsed.headers {
        let name = header.name.to_ascii_lowercase();
        let value = std::str::from_utf8(header.value).map_err(|_| "a header is no text")?;
        match name.as_str() {
            "content-length" => {
                let bytes = value.parse().map_err(|_| "the length of the body is no number")?;
                // RFC 9112, 6.3: two lengths are two requests to two readers.
                if length.replace(bytes).is_some_and(|other: usize| other != bytes) {
                    return Err("two lengths of one body");
                }
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => is_chunked = true,
            "transfer-encoding" => return Err("the body is encoded as nobody here reads it"),
            "connection" | "proxy-connection" => {
                for word in value.split(',').map(str::trim) {
                    if word.eq_ignore_ascii_case("close") {
                        request.keeps = false;
                    } else if word.eq_ignore_ascii_case("keep-alive") {
                        request.keeps = true;
                    }
                }
            }
            "expect" => waits = value.eq_ignore_ascii_case("100-continue"),
            "proxy-authorization" => request.credentials = basic(value),
            _ => {}
        }
        if !NOT_PASSED_ON.contains(&name.as_str()) {
            request.headers.push((name, value.into()));
        }
    }
    match (length, is_chunked) {
        (Some(_), true) => Err("two lengths of one body"),
        (None, true) => Ok((request, Length::Chunks, waits)),
        (length, false) => Ok((request, Length::Bytes(length.unwrap_or(0)), waits)),
    }
}

/// RFC 7617.
fn basic(value: &str) -> Option<String> {
    let (scheme, encoded) = value.split_once(' ')?;
    let bytes = BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    String::from_utf8(bytes).ok()
}

type Chunked = (Vec<u8>, usize);

/// The body and how many bytes it took, its trailers included; none: there is more to come.
fn chunks(bytes: &[u8]) -> Result<Option<Chunked>, (u16, &'static str)> {
    const BAD: (u16, &str) = (400, "a chunk of the body is malformed");
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let (start, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete(read)) => read,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(BAD),
        };
        at += start;
        if size == 0 {
            break;
        }
        let size = usize::try_from(size).ok().filter(|size| body.len() + size <= BODY_MAX);
        let size = size.ok_or((413, "the request's body is larger than may be sent"))?;
        let Some(chunk) = bytes.get(at..at + size + 2) else { return Ok(None) };
        if &chunk[size..] != b"\r\n" {
            return Err(BAD);
        }
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
    }
    // Trailers say nothing that anybody here asks for.
    loop {
        let Some(end) = bytes[at..].windows(2).position(|pair| pair == b"\r\n") else {
            return if bytes.len() - at > HEAD_MAX { Err(BAD) } else { Ok(None) };
        };
        at += end + 2;
        if end == 0 {
            return Ok(Some((body, at)));
        }
    }
}
