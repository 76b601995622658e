//! What can go wrong with hosts, clocks, the network and the store of leases.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Strain {
    /// A host is lost with all it had in memory; what it had not flushed may be lost, too.
    Kill,
    Join,
    Leave,
    /// Nothing happens on a host for a while; its clock goes on.
    Freeze,
    /// The same, and its clock stands still meanwhile.
    Sleep,
    /// A host and the store don't hear each other.
    Unheard,
    /// Two hosts don't hear each other for a while.
    Parted,
    /// Questions to the store take long.
    Slow,
    /// The store is gone for a while; of what it was about to write some is there.
    StoreLost,
    /// A shard is wanted elsewhere.
    Move,
}

impl Strain {
    pub const ALL: [Strain; 10] = [
        Strain::Kill,
        Strain::Join,
        Strain::Leave,
        Strain::Freeze,
        Strain::Sleep,
        Strain::Unheard,
        Strain::Parted,
        Strain::Slow,
        Strain::StoreLost,
        Strain::Move,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Strain::Kill => "host-killed",
            Strain::Join => "host-joined",
            Strain::Leave => "host-left",
            Strain::Freeze => "host-frozen",
            Strain::Sleep => "host-slept",
            Strain::Unheard => "store-unheard",
            Strain::Parted => "hosts-parted",
            Strain::Slow => "store-slow",
            Strain::StoreLost => "store-lost",
            Strain::Move => "shard-moved",
        }
    }
}
