//! Addresses, read strictly: what two readers could understand differently is refused, since origins decide what may be done.
use alloc::{
    format,
    string::{String, ToString},
};

/// `scheme://host[:port]` of an http(s) address, or none. The host is lower case, a default port is left out.
///
/// Stricter than a browser: a user name, a backslash, blanks, controls, percent signs or non-ASCII letters in the host are refused
/// (browsers report hosts in ASCII already).
#[must_use]
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return None;
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let named = !host.is_empty() && host.chars().all(plain);
    let v6 =
        host.starts_with('[') && host.ends_with(']') && host[1..].chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | ']'));
    if !named && !v6 {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let default = if scheme == "http" { 80 } else { 443 };
    match port {
        None | Some("") => Some(format!("{scheme}://{host}")),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => match port.parse::<u16>().ok()? {
            port if port == default => Some(format!("{scheme}://{host}")),
            port => Some(format!("{scheme}://{host}:{port}")),
        },
        Some(_) => None,
    }
}

/// An address as a model writes it, completed: https is assumed, http for this computer.
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
    if origin(&url).is_some() { Ok(url) } else { Err(refusal(written)) }
}

/// `javascript:..` and `data:..`, but not `localhost:8080`.
fn has_scheme(written: &str) -> bool {
    match written.split_once(':') {
        Some((scheme, rest)) => !rest.starts_with(|c: char| c.is_ascii_digit()) && !scheme.contains(['/', '.', '?', '#']),
        None => false,
    }
}

fn refusal(written: &str) -> String {
    format!("{:?} is not an address that can be opened: plain http and https only", super::words::line(written, 200))
}

/// The same place, but for a fragment and a trailing slash.
#[must_use]
pub fn same_page(a: &str, b: &str) -> bool {
    fn bare(url: &str) -> (Option<String>, &str) {
        let url = url.split('#').next().unwrap_or_default();
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
        (origin(url), path.trim_end_matches('/'))
    }
    bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_normal() {
        assert_eq!(origin("HTTPS://Shop.Example:443/a?b#c").as_deref(), Some("https://shop.example"));
        assert_eq!(origin("http://127.0.0.1:8080?x").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(origin("http://[::1]:80/").as_deref(), Some("http://[::1]"));
    }

    #[test]
    fn what_readers_could_disagree_on_has_no_origin() {
        for url in [
            "https://good.example@evil.example/",
            "https://good.example\\@evil.example/",
            "https://good.example%2f.evil.example/",
            "https://gööd.example/",
            "https:/good.example",
            "https://good.example:99999/",
            "https://good.example:+80/",
            "https:// good.example/",
            "javascript://good.example/%0aalert(1)",
            "https://",
            "https://[::1/",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }

    #[test]
    fn a_missing_scheme_is_completed() {
        assert_eq!(complete("shop.example/cart").as_deref(), Ok("https://shop.example/cart"));
        assert_eq!(complete("localhost:8080/x").as_deref(), Ok("http://localhost:8080/x"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "chrome://settings", "about:blank", ""] {
            assert!(complete(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fragments_and_a_last_slash_do_not_make_another_page() {
        assert!(same_page("https://a.example/x/#top", "https://a.example:443/x"));
        assert!(!same_page("https://a.example/x?y=1", "https://a.example/x?y=2"));
    }
}
