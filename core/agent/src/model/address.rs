//! Web addresses as far as a provider needs them, read more strictly than browsers do: what two parsers could read
//! differently is no address.
use alloc::{
    format,
    string::{String, ToString},
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// An absolute `http:` or `https:` address without user, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    secure: bool,
    /// Lower case; an IPv6 literal keeps its brackets.
    host: String,
    port: u16,
    /// With the query; empty or beginning with `/` or `?`.
    path: String,
}

impl Address {
    pub fn parse(text: &str) -> Option<Address> {
        // Browsers drop tabs and line breaks and read `\` as `/`; an `@` would make a host out of what looks like a path.
        let odd = |c: char| c.is_ascii_control() || c.is_whitespace() || matches!(c, '\\' | '@' | '#');
        if text.chars().any(odd) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority.rfind(':') {
            Some(colon) if !authority.ends_with(']') => (&authority[..colon], number(&authority[colon + 1..])?),
            _ => (authority, if secure { 443 } else { 80 }),
        };
        let host = host.to_ascii_lowercase();
        is_host(&host).then(|| Address { secure, host, port, path: path.to_string() })
    }

    pub fn same_origin(&self, other: &Address) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn origin(&self) -> String {
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        match self.port {
            port if port == usual => format!("{scheme}://{}", self.host),
            port => format!("{scheme}://{}:{port}", self.host),
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

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
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
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    host.len() <= 253 && host.split('.').all(label) && (!numeric || ip(host).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_like_a_browser_or_not_at_all() {
        let table = [
            ("https://api.anthropic.com", "https://api.anthropic.com"),
            ("HTTPS://API.Example.com:443/v1", "https://api.example.com"),
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
            ("http://[::1]:8080/v1", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
            ("https://a.example?x=1", "https://a.example"),
        ];
        for (text, origin) in table {
            assert_eq!(Address::parse(text).map(|address| address.origin()).as_deref(), Some(origin), "{text}");
        }
        let refused = [
            "api.example.com",
            "ftp://a.example",
            "javascript://a.example/%0aalert(1)",
            "https:/a.example",
            "https://",
            "https://user@a.example",
            "https://a.example:x@evil.example/",
            "https://a.example\\@evil.example/",
            "https://a.example/x@y",
            "https://a.example#x",
            "https://a.exa\tmple",
            "https://a.example:0",
            "https://a.example:99999",
            "https://a.example:+1",
            "https://a..example",
            "https://a%2eexample",
            "https://exämple.com",
            "http://0x7f.1",
            "http://127.1",
            "http://2130706433",
            "http://[::1",
        ];
        for text in refused {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_house_is_told_from_the_world() {
        for local in ["127.0.0.1", "10.1.2.3", "192.168.0.5", "172.16.9.9", "[::1]", "[fd00::1]", "localhost", "nas", "nas.local"] {
            assert!(Address::parse(&format!("http://{local}:1234/v1")).expect("an address").is_local(), "{local}");
        }
        for far in ["api.openai.com", "172.32.0.1", "8.8.8.8", "[2001:db8::1]", "127.0.0.1.example.com"] {
            assert!(!Address::parse(&format!("http://{far}/v1")).expect("an address").is_local(), "{far}");
        }
    }
}
