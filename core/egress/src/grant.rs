//! What one actor was granted: an origin, what may be asked there, and how much.
use crate::{Refusal, Special, Target};
use alloc::string::String;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Methods {
    /// GET and HEAD.
    #[default]
    Read,
    /// GET and HEAD, and what a git client sends to fetch: a POST that its server reads and does nothing by.
    Clone,
    /// POST, PUT, PATCH and DELETE as well.
    Write,
}

/// How much of everything. What is larger is cut off, not waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Bytes of one request's body.
    pub request_max: u64,
    /// Bytes of one answer's body.
    pub response_max: u64,
    pub per_minute: u32,
    pub at_a_time: u32,
}

impl Default for Allowance {
    fn default() -> Self {
        // An answer fits in one message of a gateway, which may have 1 MiB.
        Allowance { request_max: 256 << 10, response_max: 768 << 10, per_minute: 60, at_a_time: 4 }
    }
}

/// One origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    // Invariant: as `Target::origin` writes it.
    origin: String,
    /// What it is, if it is no place of the public internet: whoever granted it knew.
    special: Option<Special>,
    pub methods: Methods,
    pub allowance: Allowance,
}

impl Grant {
    /// For the public origin of an address.
    ///
    /// # Errors
    /// It is no address, or one of a place that is not public.
    pub fn public(address: &str) -> Result<Grant, Refusal> {
        let grant = Grant::anywhere(address)?;
        grant.special.map_or(Ok(grant), |special| Err(Refusal::Special(special)))
    }

    /// For the origin of an address, wherever that is: only for what a person was shown and said yes to.
    ///
    /// # Errors
    /// It is no address.
    pub fn anywhere(address: &str) -> Result<Grant, Refusal> {
        let target = Target::parse(address)?;
        let (methods, allowance) = (Methods::default(), Allowance::default());
        Ok(Grant { origin: target.origin(), special: target.special(), methods, allowance })
    }

    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Not the public internet.
    #[must_use]
    pub const fn special(&self) -> Option<Special> {
        self.special
    }

    /// The one of these that covers a target.
    ///
    /// # Errors
    /// `Special` before `Origin`: that a place is private is worth saying first.
    pub fn covering<'g>(grants: impl IntoIterator<Item = &'g Grant>, target: &Target) -> Result<&'g Grant, Refusal> {
        let origin = target.origin();
        match grants.into_iter().find(|grant| grant.origin == origin) {
            Some(grant) => Ok(grant),
            None => Err(target.special().map_or(Refusal::Origin(origin), Refusal::Special)),
        }
    }

    /// `headers` in lower case.
    ///
    /// # Errors
    /// `Method`, in the words of who asked, cut short.
    pub fn allows(&self, method: &str, target: &Target, headers: &[(String, String)]) -> Result<(), Refusal> {
        let is_known = match self.methods {
            Methods::Read => matches!(method, "GET" | "HEAD"),
            Methods::Clone => matches!(method, "GET" | "HEAD") || (method == "POST" && is_git_fetch(target, headers)),
            Methods::Write => matches!(method, "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE"),
        };
        if is_known { Ok(()) } else { Err(Refusal::Method(method.chars().take(16).collect())) }
    }
}

/// gitprotocol-http(5), "Smart Service git-upload-pack". No page can send this type without asking the server first.
fn is_git_fetch(target: &Target, headers: &[(String, String)]) -> bool {
    let is_typed = |(name, value): &(String, String)| name == "content-type" && value == "application/x-git-upload-pack-request";
    target.path().ends_with("/git-upload-pack") && headers.iter().any(is_typed)
}
