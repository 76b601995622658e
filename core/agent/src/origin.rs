//! The parts of a web address that grants and recipes look at, on top of `web::address`.
use crate::web::address::origin;
use alloc::string::String;

/// An `http` or `https` address that is written plainly; others have no origin to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub origin: String,
    /// Path, query and fragment as written; may be empty.
    pub rest: &'a str,
}

impl<'a> Address<'a> {
    #[must_use]
    pub fn parse(url: &'a str) -> Option<Address<'a>> {
        let origin = origin(url)?;
        let after = url.split_once("://").map_or("", |(_, after)| after);
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        Some(Address { origin, rest: &after[end..] })
    }

    /// Without query and fragment; `/` when empty.
    #[must_use]
    pub fn path(&self) -> &'a str {
        let end = self.rest.find(['?', '#']).unwrap_or(self.rest.len());
        if end == 0 { "/" } else { &self.rest[..end] }
    }

    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            // The colons of an IPv6 address are inside its brackets.
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// Of this computer, by the names browsers themselves treat so.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
    }
}

/// The path of a URL, for showing and for patterns; the URL itself when it isn't of the web.
#[must_use]
pub fn path_of(url: &str) -> &str {
    Address::parse(url).map_or(url, |address| address.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_apart() {
        let address = Address::parse("http://127.0.0.1:81/cart/7?x=1#top").expect("plain");
        assert_eq!((address.host(), address.path(), address.is_loopback()), ("127.0.0.1", "/cart/7", true));
        assert_eq!(Address::parse("http://[::1]:81?x").map(|address| (address.path(), address.is_loopback())), Some(("/", true)));
        assert_eq!(path_of("about:blank"), "about:blank");
    }
}
