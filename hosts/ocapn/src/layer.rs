//! The netlayers that this machine's sockets can be: how each is announced, proven and dialled.
use std::{io, net::IpAddr, net::SocketAddr};

use peerd_captp::{Auth, Flavour, Framing, Location, Netlayer, Policy};

use crate::{
    opening::Manner,
    reactor::{Listener, Reactor},
};

const TCP: &str = "tcp-testing-only";
const WEBSOCKET: &str = "websocket";
/// Where a peer is said to be that listens nowhere, as others say it.
const NOWHERE: &str = "unreachable";

pub enum Layer {
    /// Bytes as they are, and nobody is proven to be who he says: for tests on one machine. Dials in this framing.
    Tcp { listen: SocketAddr, framing: Framing },
    /// Binary messages; who is dialled proves its key. Listening is for who wants to be dialled.
    WebSocket { listen: Option<SocketAddr>, seed: [u8; 32] },
}

impl Layer {
    pub(crate) fn open(&self, reactor: &mut Reactor) -> io::Result<(Netlayer, Option<Listener>)> {
        match self {
            Layer::Tcp { listen, framing } => {
                let (listener, address) = reactor.listen(*listen, false)?;
                let (host, port) = (address.ip().to_string(), address.port().to_string());
                let name: String = entropy()?.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                let location = Location::new(TCP, &name, &[("host", &host), ("port", &port)]);
                let netlayer =
                    Netlayer { location, policy: Policy::Claimed, framing: *framing, auth: Auth::None, flavour: Flavour::Unknown };
                Ok((netlayer, Some(listener)))
            }
            Layer::WebSocket { listen, seed } => {
                let listening = listen.map(|address| reactor.listen(address, true)).transpose()?;
                let url = listening.map(|(_, address)| format!("ws://{address}"));
                let auth = Auth::WebSocket { seed: *seed };
                let location = match (&url, auth.designator()) {
                    (Some(url), Some(designator)) => Location::new(WEBSOCKET, &designator, &[("url", url)]),
                    _ => Location::new(WEBSOCKET, NOWHERE, &[]),
                };
                let netlayer = Netlayer { location, policy: Policy::Proven, framing: Framing::Message, auth, flavour: Flavour::Unknown };
                Ok((netlayer, listening.map(|(listener, _)| listener)))
            }
        }
    }
}

/// How to get to a location. Limit: addresses, not names, but for `localhost`; and no TLS.
pub(crate) fn way(netlayer: &Netlayer, location: &Location) -> Option<(SocketAddr, Manner)> {
    let hint = |name: &str| location.hints.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if netlayer.framing == Framing::Message {
        let url = hint("url")?;
        let place = url.strip_prefix("ws://")?.split(['/', '?']).next()?;
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "80"));
        return Some((address(host, port)?, Manner::WebSocket { url: url.to_owned() }));
    }
    Some((address(hint("host")?, hint("port")?)?, Manner::Tcp))
}

fn address(host: &str, port: &str) -> Option<SocketAddr> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip: IpAddr = if host == "localhost" { IpAddr::from([127, 0, 0, 1]) } else { host.parse().ok()? };
    Some(SocketAddr::new(ip, port.parse().ok()?))
}

/// What nobody can guess, of the system.
///
/// # Errors
/// It has none.
pub fn entropy() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(hints: &[(&str, &str)], framing: Framing) -> Option<(SocketAddr, Manner)> {
        let location = Location::new("any", "any", hints);
        let netlayer =
            Netlayer { location: location.clone(), policy: Policy::Claimed, framing, auth: Auth::None, flavour: Flavour::Unknown };
        way(&netlayer, &location)
    }

    #[test]
    fn a_location_with_its_hints_is_a_way() {
        let at = SocketAddr::from(([127, 0, 0, 1], 7));
        assert_eq!(to(&[("host", "127.0.0.1"), ("port", "7")], Framing::Raw), Some((at, Manner::Tcp)));
        assert_eq!(to(&[("host", "localhost"), ("port", "7")], Framing::Length), Some((at, Manner::Tcp)));
        let url = "ws://127.0.0.1:7/a?b";
        assert_eq!(to(&[("url", url)], Framing::Message), Some((at, Manner::WebSocket { url: url.into() })));
        let six = to(&[("url", "ws://[::1]:7")], Framing::Message).map(|(address, _)| address);
        assert_eq!(six, Some("[::1]:7".parse().expect("an address")));
    }

    #[test]
    fn what_cannot_be_dialled_is_no_way() {
        assert_eq!(to(&[("host", "127.0.0.1")], Framing::Raw), None);
        assert_eq!(to(&[("host", "127.0.0.1"), ("port", "70000")], Framing::Raw), None);
        assert_eq!(to(&[("host", "peer.example"), ("port", "7")], Framing::Raw), None);
        assert_eq!(to(&[("url", "wss://127.0.0.1:7")], Framing::Message), None);
        assert_eq!(to(&[("host", "127.0.0.1"), ("port", "7")], Framing::Message), None);
    }
}
