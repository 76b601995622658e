//! Why something may not leave, or not come in.
use crate::Special;
use alloc::{
    format,
    string::{String, ToString},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotAnAddress,
    /// Neither `http:` nor `https:`.
    Scheme,
    /// A user or a password in the address.
    Credentials,
    /// Nobody granted this origin.
    Origin(String),
    /// It was granted, but not as what it is: a place that is not the public internet.
    Special(Special),
    Method(String),
    Header(String),
    /// Bytes that were to be sent, and how many may.
    Request {
        bytes: u64,
        max: u64,
    },
    /// More came than this many bytes; the rest was not read.
    Response {
        max: u64,
    },
    Redirects,
    /// The browser does not say where it leads.
    HiddenRedirect,
    /// So many a minute, not more.
    Rate(u32),
    /// So many at a time.
    Busy(u32),
}

impl Refusal {
    /// For people and for models.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Refusal::NotAnAddress => "this is not an address that can be fetched".into(),
            Refusal::Scheme => "only http and https can be fetched".into(),
            Refusal::Credentials => "an address with a user or password in it is not fetched".into(),
            Refusal::Origin(origin) => format!("{origin} was not granted"),
            Refusal::Special(special) => {
                let what = match special {
                    Special::Loopback => "this computer",
                    Special::Private => "a private network",
                    Special::LinkLocal => "the local link",
                    Special::Multicast => "many machines at once",
                    Special::Reserved => "a reserved range",
                };
                format!("it leads to {what}, which was not granted")
            }
            Refusal::Method(method) => format!("the method {method} was not granted"),
            Refusal::Header(name) => format!("the header {name} is never sent"),
            Refusal::Request { bytes, max } => format!("{bytes} bytes are more than the {max} that may be sent"),
            Refusal::Response { max } => format!("the answer is larger than {max} bytes"),
            Refusal::Redirects => "it was redirected too often".into(),
            Refusal::HiddenRedirect => "it was redirected, and the browser does not say where to".to_string(),
            Refusal::Rate(most) => format!("more than {most} requests in a minute"),
            Refusal::Busy(most) => format!("more than {most} requests at a time"),
        }
    }
}
