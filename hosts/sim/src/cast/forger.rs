//! Refs that nobody gave: native state can be decoded from any bytes, so a bug there may make them up. The kernel must shrug.
use peerd_vat::{Cx, Ref};

const REF_BYTES: usize = 16;
/// What a ref in state begins with.
const MARK: u8 = 0xA7;

/// Sends to, calls, watches, links, kills and forgets things that are not there.
pub(super) fn forge(seed: u64, cx: &mut Cx<'_>) {
    for forged in forgeries(seed) {
        cx.send(forged, b"forged");
        cx.send_with(cx.me(), b"look", &[forged]);
        cx.exit(forged, peerd_vat::Reason::Kill);
        cx.link(forged);
        cx.unlink(forged);
        let watch = cx.watch(forged);
        cx.unwatch(watch);
        cx.bury(forged);
        cx.forget(forged);
    }
}

/// One of each kind.
pub(crate) fn forgeries(seed: u64) -> impl Iterator<Item = Ref> {
    (1..=3).filter_map(move |kind| {
        let index = [0, 1, 7, 0x00FF_FFFF, u32::MAX][((seed % 5) as usize + kind) % 5];
        made_up(kind as u8, index, 0xFFFF_0000 | seed as u32)
    })
}

/// All rights, no such thing: the generation is one that no table has reached.
fn made_up(kind: u8, index: u32, generation: u32) -> Option<Ref> {
    let mut bytes = [0; REF_BYTES];
    bytes[..4].copy_from_slice(&[MARK, kind, 15, 3]);
    bytes[4..8].copy_from_slice(&index.to_le_bytes());
    bytes[8..12].copy_from_slice(&generation.to_le_bytes());
    postcard::from_bytes(&bytes).ok()
}
