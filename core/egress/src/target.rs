//! An address, read as browsers read it: whatever spelling it has, what is judged is what will be fetched.
use crate::{Refusal, Special, place};
use alloc::string::{String, ToString};
use url::{Host, Url};

/// Limit: of an address; what servers take.
const LENGTH_MAX: usize = 8_192;

/// An absolute `http:` or `https:` address without user, password and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    // Invariant: http or https, with a host, without credentials and fragment.
    url: Url,
}

impl Target {
    /// # Errors
    /// `NotAnAddress`, `Scheme` or `Credentials`. An address with a dot behind its host is none: it is another origin than the one without,
    /// and names the same machine.
    pub fn parse(text: &str) -> Result<Target, Refusal> {
        if text.len() > LENGTH_MAX {
            return Err(Refusal::NotAnAddress);
        }
        Target::of(Url::parse(text).map_err(|_| Refusal::NotAnAddress)?)
    }

    /// Where a redirect from here leads; `location` may be relative.
    ///
    /// # Errors
    /// As of `parse`.
    pub fn join(&self, location: &str) -> Result<Target, Refusal> {
        if location.len() > LENGTH_MAX {
            return Err(Refusal::NotAnAddress);
        }
        Target::of(self.url.join(location).map_err(|_| Refusal::NotAnAddress)?)
    }

    fn of(mut url: Url) -> Result<Target, Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if url.host_str().is_none_or(|host| host.is_empty() || host.ends_with('.')) {
            return Err(Refusal::NotAnAddress);
        }
        url.set_fragment(None);
        Ok(Target { url })
    }

    /// `scheme://host`, and `:port` if it is not the scheme's own.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Why this is no place of the public internet, as far as the address alone tells.
    #[must_use]
    pub fn special(&self) -> Option<Special> {
        match self.url.host()? {
            Host::Ipv4(v4) => place::of_v4(v4),
            Host::Ipv6(v6) => place::of_v6(v6),
            Host::Domain(name) => place::of_name(name),
        }
    }

    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// As it is fetched.
    #[must_use]
    pub fn text(&self) -> String {
        self.url.to_string()
    }
}
