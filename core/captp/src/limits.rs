//! What a peer may make us hold.

/// Bounds, of each session unless said. What is beyond one is refused here, or ends the session of who went beyond it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a message.
    pub frame_bytes_max: usize,
    /// And of one before the session is ready.
    pub hello_bytes_max: usize,
    /// Lists, structs and records within each other.
    pub depth_max: usize,
    /// Values of a message.
    pub nodes_max: usize,
    /// Digits of an integer.
    pub digits_max: usize,
    /// Our objects and promises that the peer may hold.
    pub exports_max: usize,
    /// The peer's that we may.
    pub imports_max: usize,
    /// Calls of ours without an answer, or whose answer is still held.
    pub questions_max: usize,
    /// The peer's.
    pub answers_max: usize,
    /// Calls that wait for one unsettled promise,
    pub queued_max: usize,
    /// and their bytes.
    pub queued_bytes_max: usize,
    /// What waits in queues and what promises ended with, in the whole peer.
    pub kept_bytes_max: usize,
    /// Gifts that wait for who withdraws them, in the whole peer.
    pub gifts_max: usize,
    /// Withdrawals that wait for their gift, in the whole peer.
    pub waiters_max: usize,
    /// Withdrawals by one receiver in one session.
    pub counts_max: usize,
    /// How long either waits.
    pub gift_ms: u64,
    /// Connections being made, in the whole peer.
    pub dials_max: usize,
    /// From a connection, or a dial, to a session that is ready.
    pub handshake_ms: u64,
    /// Bytes that the host has not yet written: beyond it the peer is not read and not called, and beyond twice as many the session ends.
    pub unsent_bytes_max: usize,
    /// What was released is told no later than this.
    pub report_ms: u64,
    /// Connections at one time, in the whole peer.
    pub conns_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame_bytes_max: 1 << 20,
            hello_bytes_max: 8 << 10,
            depth_max: 64,
            nodes_max: 100_000,
            digits_max: 4_096,
            exports_max: 1 << 20,
            imports_max: 1 << 20,
            questions_max: 1 << 16,
            answers_max: 1 << 16,
            queued_max: 1_024,
            queued_bytes_max: 4 << 20,
            kept_bytes_max: 256 << 20,
            gifts_max: 1_024,
            waiters_max: 256,
            counts_max: 1 << 16,
            gift_ms: 60_000,
            dials_max: 64,
            handshake_ms: 10_000,
            unsent_bytes_max: 8 << 20,
            report_ms: 200,
            conns_max: 1_024,
        }
    }
}
