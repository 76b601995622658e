//! Places that are not the public internet: this machine, the house it stands in, and what was never anybody's address.
//!
//! Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6, and of special-use names (RFC 6761, 6762, 8375).
//! Limit: a public name may be made to lead to a private address (rebinding), which an extension can't see. The names that do so for
//! everybody are known here.
use core::net::{Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Special {
    /// This machine.
    Loopback,
    /// A network that others can't reach, or a name of one.
    Private,
    LinkLocal,
    /// Many at once: multicast and broadcast.
    Multicast,
    /// For documents, tests, translation or a later time.
    Reserved,
}

/// Address, length of the prefix, what it is. The first that fits counts.
const V4: &[([u8; 4], u32, Special)] = &[
    ([0, 0, 0, 0], 8, Special::Loopback),
    ([127, 0, 0, 0], 8, Special::Loopback),
    ([10, 0, 0, 0], 8, Special::Private),
    ([172, 16, 0, 0], 12, Special::Private),
    ([192, 168, 0, 0], 16, Special::Private),
    ([100, 64, 0, 0], 10, Special::Private),
    ([169, 254, 0, 0], 16, Special::LinkLocal),
    ([192, 0, 0, 0], 24, Special::Reserved),
    ([192, 0, 2, 0], 24, Special::Reserved),
    ([192, 88, 99, 0], 24, Special::Reserved),
    ([198, 18, 0, 0], 15, Special::Reserved),
    ([198, 51, 100, 0], 24, Special::Reserved),
    ([203, 0, 113, 0], 24, Special::Reserved),
    ([255, 255, 255, 255], 32, Special::Multicast),
    ([224, 0, 0, 0], 4, Special::Multicast),
    ([240, 0, 0, 0], 4, Special::Reserved),
];

const V6: &[([u16; 8], u32, Special)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Special::Loopback),
    ([0; 8], 128, Special::Loopback),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Special::Private),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Special::Reserved),
    // Teredo, benchmarks, ORCHID: none of it is a server's.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Special::Reserved),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Special::Reserved),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Special::Reserved),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, Special::Reserved),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Special::Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Special::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Special::Private),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Special::Multicast),
];

/// Those that are or end in it.
const NAMES: &[(&str, Special)] = &[
    ("localhost", Special::Loopback),
    ("localdomain", Special::Private),
    ("local", Special::Private),
    ("internal", Special::Private),
    ("intranet", Special::Private),
    ("private", Special::Private),
    ("corp", Special::Private),
    ("home", Special::Private),
    ("lan", Special::Private),
    ("home.arpa", Special::Private),
    ("in-addr.arpa", Special::Reserved),
    ("ip6.arpa", Special::Reserved),
    ("test", Special::Reserved),
    ("example", Special::Reserved),
    ("invalid", Special::Reserved),
    ("onion", Special::Reserved),
    ("alt", Special::Reserved),
    // Public names that say themselves which address they lead to, or lead home.
    ("nip.io", Special::Private),
    ("sslip.io", Special::Private),
    ("xip.io", Special::Private),
    ("localtest.me", Special::Loopback),
    ("lvh.me", Special::Loopback),
    ("vcap.me", Special::Loopback),
    ("lacolhost.com", Special::Loopback),
    ("traefik.me", Special::Private),
    ("local-ip.co", Special::Private),
];

pub fn of_v4(address: Ipv4Addr) -> Option<Special> {
    let bits = address.to_bits();
    let within = |(prefix, length, special): &([u8; 4], u32, Special)| {
        let differs = (bits ^ u32::from_be_bytes(*prefix)) >> (32 - length);
        (differs == 0).then_some(*special)
    };
    V4.iter().find_map(within)
}

pub fn of_v6(address: Ipv6Addr) -> Option<Special> {
    let bits = address.to_bits();
    let within = |(prefix, length, special): &([u16; 8], u32, Special)| {
        let differs = (bits ^ Ipv6Addr::from(*prefix).to_bits()) >> (128 - length);
        (differs == 0).then_some(*special)
    };
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    if let Some(special) = V6.iter().find_map(within) {
        return Some(special);
    }
    match [a, b, c, d, e, f] {
        // An IPv4 address in other clothes is what it is: mapped, compatible, translated, NAT64.
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0, 0] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => {
            of_v4(v4(g, h)).or(Some(Special::Reserved).filter(|_| a == 0))
        }
        // 6to4 was taken out of use, and so are its relays.
        [0x2002, ..] => Some(of_v4(v4(b, c)).unwrap_or(Special::Reserved)),
        // Only this eighth was ever handed out.
        [first, ..] if first & 0xe000 != 0x2000 => Some(Special::Reserved),
        _ => None,
    }
}

/// `name` is in lower case, as a `url::Host` has it.
pub fn of_name(name: &str) -> Option<Special> {
    let name = name.trim_end_matches('.');
    let is_below = |end: &str| name == end || name.strip_suffix(end).is_some_and(|front| front.ends_with('.'));
    let known = NAMES.iter().find(|(end, _)| is_below(end)).map(|(_, special)| *special);
    // What has no dot is found by the search list of whatever network this is.
    known.or((!name.contains('.')).then_some(Special::Private))
}
