//! One request from its asking to its last byte: each hop judged before it is made, each byte counted before it is kept.
use crate::{Grant, Refusal, Target};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Limit: as browsers have it, rounded down.
pub const REDIRECTS_MAX: u32 = 10;

/// Limits: of what is said about a request, beside its body.
const HEADERS_MAX: usize = 32;
const HEADER_BYTES_MAX: usize = 8_192;

/// What a caller may say; everything else is the browser's business, or a credential.
const HEADERS: [&str; 14] = [
    "accept",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-type",
    "git-protocol",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
    "x-requested-with",
    "prefer",
];

/// As it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What the host is to fetch, and to follow nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The host stops reading behind this many bytes of the answer.
    pub response_max: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    method: String,
    /// Where it is now.
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    hops: u32,
    received: u64,
    response_max: u64,
}

impl Fetch {
    /// `grants`: of whoever asks.
    ///
    /// # Errors
    /// Why it may not be fetched: nothing has left.
    pub fn begin<'g>(ask: Ask, grants: impl IntoIterator<Item = &'g Grant>) -> Result<(Fetch, Hop), Refusal> {
        let target = Target::parse(&ask.url)?;
        let grant = Grant::covering(grants, &target)?;
        let method = if ask.method.is_empty() { "GET".to_string() } else { ask.method.to_ascii_uppercase() };
        let headers = headers(ask.headers)?;
        grant.allows(&method, &target, &headers)?;
        let (bytes, max) = (ask.body.len() as u64, grant.allowance.request_max);
        if bytes > max {
            return Err(Refusal::Request { bytes, max });
        }
        if bytes > 0 && matches!(method.as_str(), "GET" | "HEAD") {
            return Err(Refusal::Request { bytes, max: 0 });
        }
        let response_max = grant.allowance.response_max;
        let fetch = Fetch { method, url: target.text(), headers, body: ask.body, hops: 0, received: 0, response_max };
        let hop = fetch.hop();
        Ok((fetch, hop))
    }

    /// The answer was a redirect. What is granted may have changed since: it is judged by what is granted now.
    ///
    /// # Errors
    /// It leads where it may not, or nowhere.
    pub fn redirected<'g>(
        &mut self,
        status: u16,
        location: Option<&str>,
        grants: impl IntoIterator<Item = &'g Grant>,
    ) -> Result<Hop, Refusal> {
        let location = location.ok_or(Refusal::HiddenRedirect)?;
        self.hops += 1;
        if self.hops > REDIRECTS_MAX {
            return Err(Refusal::Redirects);
        }
        let target = Target::parse(&self.url)?.join(location)?;
        let grant = Grant::covering(grants, &target)?;
        // Fetch Standard, "HTTP-redirect fetch" 12: browsers have always made a GET of it.
        let is_turned = match status {
            301 | 302 => self.method == "POST",
            303 => self.method != "HEAD",
            _ => false,
        };
        if is_turned {
            self.method = "GET".into();
            self.body.clear();
            self.headers.retain(|(name, _)| !name.starts_with("content-"));
        }
        grant.allows(&self.method, &target, &self.headers)?;
        let (bytes, max) = (self.body.len() as u64, grant.allowance.request_max);
        if bytes > max {
            return Err(Refusal::Request { bytes, max });
        }
        self.response_max = self.response_max.min(grant.allowance.response_max);
        self.url = target.text();
        Ok(self.hop())
    }

    /// So many more bytes of the answer.
    ///
    /// # Errors
    /// `Response`: these are not kept, and no more is read.
    pub fn arrived(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.received += bytes as u64;
        if self.received > self.response_max { Err(Refusal::Response { max: self.response_max }) } else { Ok(()) }
    }

    /// Where it is now.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    #[must_use]
    pub const fn hops(&self) -> u32 {
        self.hops
    }

    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    #[must_use]
    pub fn sent(&self) -> u64 {
        self.body.len() as u64
    }

    fn hop(&self) -> Hop {
        let Fetch { method, url, headers, body, response_max, .. } = self.clone();
        Hop { method, url, headers, body, response_max }
    }
}

/// In lower case.
fn headers(asked: Vec<(String, String)>) -> Result<Vec<(String, String)>, Refusal> {
    let bytes: usize = asked.iter().map(|(name, value)| name.len() + value.len()).sum();
    if asked.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(Refusal::Header("list, as long as it is,".into()));
    }
    let judge = |(name, value): (String, String)| {
        let name = name.to_ascii_lowercase();
        // What a browser would refuse with an exception is refused here, before anything is begun.
        let is_clean = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
        if HEADERS.contains(&name.as_str()) && is_clean { Ok((name, value)) } else { Err(Refusal::Header(name.chars().take(40).collect())) }
    };
    asked.into_iter().map(judge).collect()
}
