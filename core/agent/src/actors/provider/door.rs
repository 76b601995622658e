//! The allow-list: which addresses may be fetched. One origin per request, that of the provider it names.
use crate::address::Address;

/// A provider's address, or one below it. Stricter than for pages: it has no use for an `@`, and what is added after a `#` is never sent.
pub fn address(text: &str) -> Option<Address<'_>> {
    Address::parse(text).filter(|address| !address.rest().contains(['@', '#']))
}

/// May `url` be fetched on behalf of the provider at `base`? The refusal is for its owner.
pub fn pass(base: &str, url: &str) -> Result<(), &'static str> {
    let base = address(base).ok_or("The provider's address is not one: it must begin with https:// or http:// and name a server.")?;
    match address(url) {
        Some(url) if url.same_origin(&base) => Ok(()),
        _ => Err("A request to another address than the provider's was stopped."),
    }
}

#[cfg(test)]
mod tests {
    use super::pass;

    #[test]
    fn only_the_providers_own_origin_passes() {
        let base = "https://api.example.com/v1";
        for url in ["https://api.example.com/v1/chat/completions", "https://API.example.com:443/other?x=1"] {
            assert_eq!(pass(base, url), Ok(()), "{url}");
        }
        let stopped = [
            "http://api.example.com/v1",
            "https://api.example.com:8443/v1",
            "https://api.example.com.evil.example/v1",
            "https://evil.example/api.example.com",
            "https://api.example.com@evil.example/v1",
            "https://evil.example\\@api.example.com/v1",
            "https://api.example.com\\.evil.example/v1",
            "https://api.example.com\t.evil.example/v1",
            "https://api.example.com/v1@x",
            "https://api.example.com/v1#x",
            "//api.example.com/v1",
            "file:///etc/passwd",
            "data:text/plain,x",
            "javascript:1",
            "chrome-extension://abc/x",
            "wss://api.example.com/v1",
            "",
        ];
        for url in stopped {
            assert!(pass(base, url).is_err(), "{url}");
        }
        for base in
            ["", "api.example.com", "ftp://api.example.com", "https://user:pass@api.example.com", "https://api.example.com/#x", "file:///"]
        {
            assert!(pass(base, base).is_err(), "{base}");
        }
    }
}
