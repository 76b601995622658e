//! Web addresses, read strictly and in one place: origins decide what may be done, so what two readers could understand
//! differently is no address.
#[cfg(test)]
mod tests;

use crate::web::words;
use alloc::{
    format,
    string::{String, ToString},
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An absolute `http:` or `https:` address without user and password.
///
/// Stricter than a browser: backslashes, blanks and controls anywhere, percent signs or non-ASCII letters in the host are refused
/// (browsers report hosts in ASCII already).
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'a> {
    secure: bool,
    /// Lower case; an IPv6 literal keeps its brackets.
    host: String,
    port: u16,
    /// Empty or beginning with `/`, `?` or `#`.
    rest: &'a str,
}

impl<'a> Address<'a> {
    pub fn parse(text: &'a str) -> Option<Address<'a>> {
        // Browsers drop tabs and line breaks and read `\` as `/`.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return None;
        }
        let (scheme, after) = text.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address are inside its brackets.
            Some((host, port)) if !port.ends_with(']') => (host, number(port)?),
            _ => (authority, usual_port(secure)),
        };
        let host = host.to_ascii_lowercase();
        is_host(&host).then_some(Address { secure, host, port, rest })
    }

    /// `scheme://host`, and `:port` if it isn't the scheme's usual one.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        match self.port {
            port if port == usual_port(self.secure) => format!("{scheme}://{}", self.host),
            port => format!("{scheme}://{}:{port}", self.host),
        }
    }

    pub fn same_origin(&self, other: &Address<'_>) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path, query and fragment as written; may be empty.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// Without query and fragment; `/` when empty.
    pub fn path(&self) -> &'a str {
        match self.rest.split(['?', '#']).next() {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// The host is a number, not a name.
    pub fn is_ip(&self) -> bool {
        ip(&self.host).is_some()
    }

    /// Of this computer, by the names browsers themselves treat so.
    pub fn is_loopback(&self) -> bool {
        match ip(&self.host) {
            Some(ip) => ip.is_loopback(),
            None => self.host == "localhost" || self.host.ends_with(".localhost"),
        }
    }

    /// On this computer or in the same house: loopback, private and link-local ranges, `.local` and bare names.
    pub fn is_local(&self) -> bool {
        match ip(&self.host) {
            Some(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified(),
            Some(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
            None => !self.host.contains('.') || self.host.ends_with(".local") || self.host.ends_with(".localhost"),
        }
    }
}

/// The origin of a text that is an address; nothing else has one.
pub fn origin(url: &str) -> Option<String> {
    Address::parse(url).map(|address| address.origin())
}

/// The path of a URL, for showing and for patterns; the URL itself when it isn't of the web.
pub fn path_of(url: &str) -> &str {
    Address::parse(url).map_or(url, |address| address.path())
}

/// The same place, but for a fragment and a trailing slash.
pub fn same_page(a: &str, b: &str) -> bool {
    fn place(url: &str) -> Option<(String, &str)> {
        let address = Address::parse(url)?;
        let bare = address.rest().split('#').next().unwrap_or_default();
        Some((address.origin(), bare.trim_end_matches('/')))
    }
    place(a).is_some_and(|a| place(b) == Some(a))
}

/// An address as a model writes it, completed: https is assumed, http for this computer.
///
/// # Errors
/// Why it can't be opened, in words for the model.
pub fn complete(written: &str) -> Result<String, String> {
    let written = written.trim();
    let url = match written.split_once("://") {
        Some(_) => written.to_string(),
        None if has_scheme(written) => return Err(refusal(written)),
        None => {
            let host = written.split(['/', ':', '?', '#']).next().unwrap_or_default();
            let near = host == "localhost" || host == "127.0.0.1";
            format!("{}://{written}", if near { "http" } else { "https" })
        }
    };
    if Address::parse(&url).is_some() { Ok(url) } else { Err(refusal(written)) }
}

/// `javascript:..` and `data:..`, but not `localhost:8080`.
fn has_scheme(written: &str) -> bool {
    match written.split_once(':') {
        Some((scheme, rest)) => !rest.starts_with(|c: char| c.is_ascii_digit()) && !scheme.contains(['/', '.', '?', '#']),
        None => false,
    }
}

fn refusal(written: &str) -> String {
    format!("{:?} is not an address that can be opened: plain http and https only", words::line(written, 200))
}

fn usual_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

fn number(text: &str) -> Option<u16> {
    // `parse` alone would take a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

fn ip(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// Letters, digits, dots and dashes; or an IP literal in its plain form (browsers also read `0x7f.1` as one: refused).
fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        return ip(host).is_some();
    }
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    host.len() <= 253 && host.split('.').all(label) && (!ends_in_number(host) || ip(host).is_some())
}

/// What a browser takes for an IPv4 address, however it is written (URL Standard, "ends in a number checker").
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || last.bytes().all(|byte| byte.is_ascii_digit())
}
