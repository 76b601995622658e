//! Bytes in and out of each connection, reports of what was released, and how sessions end.
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use peerd_syrup::Writer;

use super::Peer;
use super::ops::Heard;
use crate::cell::State;
use crate::fault::Fault;
use crate::framing::{Framer, frame_to};
use crate::io::{Conn, Framing, Outcome, Output, Reason, Time};
use crate::session::{Sid, Stage, Target};
use crate::value::{Promise, Ref};

/// Limit: positions in one report.
const REPORT_MAX: usize = 1_024;

impl Peer {
    pub(super) fn received(&mut self, conn: Conn, bytes: &[u8]) {
        let Some(sid) = self.conns.get(&conn).copied() else { return };
        let Some(session) = self.sessions.get_mut(sid) else { return };
        let mut framer = mem::replace(&mut session.framer, Framer::new(Framing::Message));
        framer.push(bytes);
        let fault = loop {
            // A message may have ended the session.
            let Some(session) = self.sessions.get_mut(sid) else { return };
            let limit = if session.them().is_some() { self.limits.frame_bytes_max } else { self.limits.hello_bytes_max };
            let found = framer.next(limit);
            if session.framing == Framing::Either {
                session.framing = framer.framing();
            }
            match found {
                Ok(None) => break None,
                Err(fault) => break Some(fault),
                Ok(Some(_)) if session.choked => break Some(Fault::Unread),
                Ok(Some(range)) => match self.hear(sid, framer.frame(range)) {
                    Ok(Heard::GoOn) => {}
                    Ok(Heard::Aborted) => return self.aborted(sid),
                    Err(fault) => break Some(fault),
                },
            }
        };
        if let Some(session) = self.sessions.get_mut(sid) {
            session.framer = framer;
        }
        if let Some(fault) = fault {
            self.end(sid, Some(fault.text()));
        }
    }

    fn aborted(&mut self, sid: Sid) {
        self.dial_aborted(sid);
        let conn = self.sessions.get(sid).map(|session| session.conn);
        self.end(sid, None);
        if let Some(conn) = conn {
            self.close(conn, "ended by the other side");
        }
    }

    /// Appends a message to what leaves; the buffer comes back for the next one.
    pub(super) fn send_frame(&mut self, sid: Sid, mut message: Vec<u8>) {
        if let Some(session) = self.sessions.get_mut(sid) {
            let framing = session.framing;
            if session.unsent + session.out.len() + message.len() > 2 * self.limits.unsent_bytes_max + self.limits.frame_bytes_max {
                session.choked = true;
            } else if framing == Framing::Message {
                session.unsent += message.len();
                self.outputs.push_back(Output::Send { conn: session.conn, bytes: message.clone() });
            } else {
                frame_to(framing, &message, &mut session.out);
            }
            if !mem::replace(&mut session.dirty, true) {
                self.dirty.push(sid);
            }
        }
        message.clear();
        self.scratch = message;
    }

    /// Gives the host what was written since the last time.
    pub(super) fn flush(&mut self) {
        for sid in mem::take(&mut self.dirty) {
            let Some(session) = self.sessions.get_mut(sid) else { continue };
            session.dirty = false;
            if !session.out.is_empty() {
                session.unsent += session.out.len();
                self.outputs.push_back(Output::Send { conn: session.conn, bytes: mem::take(&mut session.out) });
            }
            let (conn, unsent, max) = (session.conn, session.unsent, self.limits.unsent_bytes_max);
            if unsent > max && !mem::replace(&mut session.paused, true) {
                self.outputs.push_back(Output::Pause { conn });
            }
            if unsent > 2 * max || session.choked {
                self.end(sid, Some(Fault::Unread.text()));
            }
        }
    }

    pub(super) fn written(&mut self, conn: Conn, bytes: usize) {
        let Some(session) = self.conns.get(&conn).copied().and_then(|sid| self.sessions.get_mut(sid)) else { return };
        session.unsent = session.unsent.saturating_sub(bytes);
        // Half of the limit, so that it does not flutter.
        if session.paused && session.unsent <= self.limits.unsent_bytes_max / 2 {
            session.paused = false;
            self.outputs.push_back(Output::Resume { conn });
        }
    }

    /// Something was released in this session: it is told before long, with all else that is by then.
    pub(super) fn report_later(&mut self, sid: Sid) {
        let Some(session) = self.sessions.get(sid) else { return };
        match session.released.len() + session.answered.len() {
            1 => {
                let due = self.after_ms(self.limits.report_ms);
                self.reports.push_back((due, sid));
            }
            count if count >= REPORT_MAX => self.report(sid),
            _ => {}
        }
    }

    pub(super) fn reports_due(&mut self) {
        while let Some((_, sid)) = self.reports.front().copied().filter(|(due, _)| *due <= self.now) {
            self.reports.pop_front();
            self.report(sid);
        }
    }

    fn report(&mut self, sid: Sid) {
        let Some(session) = self.sessions.get_mut(sid).filter(|session| session.them().is_some()) else { return };
        let (mut released, answered) = (mem::take(&mut session.released), mem::take(&mut session.answered));
        self.reports.retain(|(_, other)| *other != sid);
        if !answered.is_empty() {
            // A message may be in the making.
            let mut message = Vec::with_capacity(32 + 8 * answered.len());
            Writer(&mut message).open_record("op:gc-answers");
            write_positions(answered.iter().copied(), &mut message);
            Writer(&mut message).close_record();
            self.report_frame(sid, &message);
        }
        if !released.is_empty() {
            released.sort_unstable();
            released.dedup_by(|(position, receipts), (kept, sum)| {
                let same = position == kept;
                if same {
                    *sum += *receipts;
                }
                same
            });
            let mut message = Vec::with_capacity(32 + 12 * released.len());
            Writer(&mut message).open_record("op:gc-exports");
            write_positions(released.iter().map(|(position, _)| *position), &mut message);
            write_positions(released.iter().map(|(_, receipts)| *receipts), &mut message);
            Writer(&mut message).close_record();
            self.report_frame(sid, &message);
        }
    }

    fn report_frame(&mut self, sid: Sid, message: &[u8]) {
        let scratch = mem::take(&mut self.scratch);
        self.send_frame(sid, message.to_vec());
        self.scratch = scratch;
    }

    /// Ends a session: the other side is told why and the connection closed, unless that has happened. Whatever depended on it is settled.
    pub(super) fn end(&mut self, sid: Sid, why: Option<&str>) {
        let Some(session) = self.sessions.get(sid) else { return };
        let (conn, was_ready) = (session.conn, session.them().is_some());
        if let Some(why) = why {
            let mut message = Vec::with_capacity(64);
            Writer(&mut message).open_record("op:abort");
            Writer(&mut message).text(why);
            Writer(&mut message).close_record();
            self.report_frame(sid, &message);
            let session = self.sessions.get_mut(sid).expect("looked up above");
            if !session.out.is_empty() {
                self.outputs.push_back(Output::Send { conn, bytes: mem::take(&mut session.out) });
            }
            self.outputs.push_back(Output::Close { conn, why: why.into() });
        }
        let session = self.sessions.remove(sid).expect("looked up above");
        self.conns.remove(&conn);
        self.hellos.remove(&(session.until, sid));
        if let Stage::Ready(them) = &session.stage {
            self.by_id.remove(&them.id);
            if them.found {
                self.by_location.remove(&them.location.name());
            }
            self.drop_gifts(&them.id);
            self.drop_one(Ref::Far(them.bootstrap));
        }
        for promise in session.questions.into_values() {
            self.cut_off(promise);
        }
        for import in session.imports.into_values() {
            if let Ref::Promise(promise) = import.what {
                self.cut_off(promise);
            }
        }
        for export in session.exports.by_position.into_values() {
            match export.target {
                Target::Ref(reference) => self.drop_one(reference),
                Target::Resolver(promise) => self.settle_later(promise, Outcome::Broken(Reason::Disconnected)),
                Target::Bootstrap | Target::Spent => {}
            }
        }
        for promise in session.answers.into_values() {
            self.drop_one(Ref::Promise(promise));
        }
        self.work();
        self.dial_lost(sid);
        if was_ready {
            self.outputs.push_back(Output::Ended { conn });
        }
    }

    /// A promise of a session that is over: nothing goes along its path any more.
    fn cut_off(&mut self, promise: Promise) {
        let Some(cell) = self.cells.get_mut(promise.0) else { return };
        cell.path = None;
        cell.sticky = false;
        if matches!(cell.state, State::Open) {
            // An import that nobody listened to has nobody who settles it but this.
            cell.holds += 1;
            self.settle_later(promise, Outcome::Broken(Reason::Disconnected));
        }
    }

    /// Closes a connection that is no session, or no more.
    pub(super) fn close(&mut self, conn: Conn, why: &str) {
        self.outputs.push_back(Output::Close { conn, why: String::from(why) });
    }

    pub(super) fn after_ms(&self, ms: u64) -> Time {
        Time(self.now.0.saturating_add(ms.saturating_mul(1_000)))
    }

    /// Sessions that took too long to begin.
    pub(super) fn hellos_due(&mut self) {
        while let Some((_, sid)) = self.hellos.first().copied().filter(|(due, _)| *due <= self.now) {
            self.end(sid, Some(Fault::TooSlow.text()));
        }
    }
}

fn write_positions(positions: impl Iterator<Item = u64>, to: &mut Vec<u8>) {
    let mut writer = Writer(to);
    writer.open_list();
    for position in positions {
        writer.u64(position);
    }
    writer.close_list();
}
