//! What can go wrong in a world, by kind (conformance 9): the process, the page, the clock, the actors.
use std::fmt;

/// One fault, as a schedule names it. What `who` and `size` mean depends on the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// A member, or for an upgrade a supervisor, by its label.
    pub who: String,
    /// Milliseconds, bytes, messages or turns.
    pub size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The `size`-th turn from now fails after all its work.
    Crash,
    Kill,
    /// The host runs the vat `size` ms before anything is due.
    WokenEarly,
    /// The host sleeps `size` ms through its alarm.
    WokenLate,
    /// The host runs the vat again at once.
    WokenTwice,
    /// No wake for `size` ms, though inputs come; then the worker is lost.
    NeverWoken,
    /// An actor grows to `size` bytes and the browser ends the worker.
    OutOfMemory,
    /// The page stands still for `size` ms while the clock goes on.
    Freeze,
    /// The same, and the clock stands still with it.
    FreezeStopped,
    /// Wakes come once a second for `size` ms.
    ThrottledSecond,
    /// Wakes come once a minute for `size` ms.
    ThrottledMinute,
    /// The worker is ended while the page lives: the vat is lost and booted anew.
    WorkerLost,
    /// The clock is set forward.
    JumpForward,
    /// The clock is set back.
    JumpBack,
    /// The clock tells `size` ms for a thousand.
    Drift,
    /// A worker is lost, and the next one's clock begins at `size`.
    OtherZero,
    /// An actor that never lets go: `size` messages to itself.
    Hog,
    /// A message of `size` bytes.
    Huge,
    /// `size` messages at once.
    Flood,
    /// An actor uses refs that it made up.
    Forged,
    /// An actor answers calls that it answered before.
    Replayed,
    /// A supervisor gets other flags and specs while it works.
    Upgrade,
    /// Whom supervisors ask about faults misbehaves from now on, in one of its ways, and a child that they ask about fails.
    Decider,
    /// A member at work is upgraded to another version of its code and back: versions live side by side. Some can't be.
    Version,
    /// The `size`-th turn from now is a bug that ends the worker: of what it and its run had for the ports some is done.
    Panic,
    /// A turn does not end: after `size` ms the worker is ended.
    Endless,
    /// A worker is lost, and `size` more of them before they are up.
    CrashLoop,
}

impl Kind {
    pub const ALL: [Kind; 27] = [
        Kind::Crash,
        Kind::Kill,
        Kind::WokenEarly,
        Kind::WokenLate,
        Kind::WokenTwice,
        Kind::NeverWoken,
        Kind::OutOfMemory,
        Kind::Freeze,
        Kind::FreezeStopped,
        Kind::ThrottledSecond,
        Kind::ThrottledMinute,
        Kind::WorkerLost,
        Kind::JumpForward,
        Kind::JumpBack,
        Kind::Drift,
        Kind::OtherZero,
        Kind::Hog,
        Kind::Huge,
        Kind::Flood,
        Kind::Forged,
        Kind::Replayed,
        Kind::Upgrade,
        Kind::Decider,
        Kind::Version,
        Kind::Panic,
        Kind::Endless,
        Kind::CrashLoop,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Crash => "crash",
            Kind::Kill => "kill",
            Kind::WokenEarly => "woken-early",
            Kind::WokenLate => "woken-late",
            Kind::WokenTwice => "woken-twice",
            Kind::NeverWoken => "never-woken",
            Kind::OutOfMemory => "out-of-memory",
            Kind::Freeze => "freeze",
            Kind::FreezeStopped => "freeze-stopped",
            Kind::ThrottledSecond => "throttled-1s",
            Kind::ThrottledMinute => "throttled-1min",
            Kind::WorkerLost => "worker-lost",
            Kind::JumpForward => "jump-forward",
            Kind::JumpBack => "jump-back",
            Kind::Drift => "drift",
            Kind::OtherZero => "other-zero",
            Kind::Hog => "hog",
            Kind::Huge => "huge",
            Kind::Flood => "flood",
            Kind::Forged => "forged",
            Kind::Replayed => "replayed",
            Kind::Upgrade => "upgrade",
            Kind::Decider => "decider",
            Kind::Version => "version",
            Kind::Panic => "panic",
            Kind::Endless => "endless",
            Kind::CrashLoop => "crash-loop",
        }
    }

    /// Milliseconds, bytes and the like: from and to. Small numbers are drawn more often.
    pub(crate) const fn sizes(self) -> (u64, u64) {
        match self {
            Kind::Crash => (1, 40),
            Kind::Kill | Kind::WokenTwice | Kind::WorkerLost | Kind::Forged | Kind::Replayed => (0, 0),
            Kind::WokenEarly => (1, 500),
            Kind::WokenLate => (1, 20_000),
            Kind::NeverWoken => (1_000, 60_000),
            Kind::OutOfMemory => (80_000, 200_000),
            // To five days.
            Kind::Freeze | Kind::FreezeStopped => (2_000, 432_000_000),
            Kind::ThrottledSecond => (3_000, 20_000),
            Kind::ThrottledMinute => (60_000, 300_000),
            Kind::JumpForward | Kind::JumpBack => (1, 90_000_000),
            Kind::Drift => (950, 1_050),
            Kind::OtherZero => (0, 1 << 40),
            Kind::Hog => (10, 150),
            Kind::Huge => (10_000, 300_000),
            Kind::Flood => (20, 120),
            Kind::Upgrade => (0, 10_000),
            Kind::Decider => (0, 10),
            Kind::Version => (0, 11),
            Kind::Panic => (1, 40),
            Kind::Endless => (1_000, 30_000),
            Kind::CrashLoop => (1, 5),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match self.kind {
            Kind::Kill | Kind::Forged | Kind::Replayed => write!(f, " {}", self.who),
            Kind::OutOfMemory | Kind::Hog | Kind::Huge | Kind::Flood | Kind::Upgrade | Kind::Decider | Kind::Version => {
                write!(f, " {} {}", self.who, self.size)
            }
            Kind::WokenTwice | Kind::WorkerLost => Ok(()),
            _ => write!(f, " {}", self.size),
        }
    }
}
