//! All connections of one machine, and what is to be done for them.
use crate::{
    answer::Answer,
    authority::Authority,
    conn::{Conn, Tunnel},
    request::{self, Request},
};
use std::collections::{BTreeMap, VecDeque};

/// To whoever carries bytes and requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Send {
        conn: u32,
        bytes: Vec<u8>,
    },
    /// Nothing more is said on it.
    End {
        conn: u32,
    },
    /// To be answered by `head`, `piece` and `end`, or by `fail`. `credentials`: whose request it is, as the program was told to say.
    Ask {
        ask: u32,
        credentials: String,
        method: String,
        url: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Nobody waits for it any more.
    Abort {
        ask: u32,
    },
}

/// RFC 8446, 5.1: the first byte of whoever speaks TLS, and of no request.
const TLS_HANDSHAKE: u8 = 22;

pub struct Proxy {
    authority: Authority,
    conns: BTreeMap<u32, Conn>,
    /// The connection of each request under way.
    asks: BTreeMap<u32, u32>,
    last_ask: u32,
    events: VecDeque<Event>,
}

impl Default for Proxy {
    fn default() -> Self {
        Proxy::new()
    }
}

impl Proxy {
    #[must_use]
    pub fn new() -> Proxy {
        Proxy { authority: Authority::new(), conns: BTreeMap::new(), asks: BTreeMap::new(), last_ask: 0, events: VecDeque::new() }
    }

    /// What programs have to trust, as PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.authority.certificate()
    }

    pub fn take(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub fn opened(&mut self, conn: u32) {
        self.conns.insert(conn, Conn { is_new: true, ..Conn::default() });
    }

    pub fn heard(&mut self, conn: u32, bytes: &[u8]) {
        let Some(one) = self.conns.get_mut(&conn) else { return };
        // Who was told of a proxy by an `https:` address speaks TLS to that first.
        if one.is_new && bytes.first() == Some(&TLS_HANDSHAKE) {
            one.tls = self.authority.accept("127.0.0.1").map(Box::new);
        }
        one.is_new = false;
        let (said, taken) = one.take(bytes);
        self.send(conn, said);
        if taken.is_err() {
            return self.hang_up(conn);
        }
        self.go_on(conn);
    }

    /// Its client sends no more, and may still listen: BusyBox's wget does so.
    pub fn ended(&mut self, conn: u32) {
        if let Some(one) = self.conns.get_mut(&conn) {
            one.is_over = true;
            self.go_on(conn);
        }
    }

    /// It is gone, however it went.
    pub fn closed(&mut self, conn: u32) {
        let gone = self.conns.remove(&conn);
        if let Some((ask, _)) = gone.and_then(|gone| gone.asked) {
            self.asks.remove(&ask);
            self.events.push_back(Event::Abort { ask });
        }
    }

    /// The answer begins. Of what nobody waits for any more nothing is said.
    pub fn head(&mut self, ask: u32, status: u16, headers: &[(String, String)]) {
        self.say(ask, |answer| answer.head(status, headers));
    }

    pub fn piece(&mut self, ask: u32, bytes: &[u8]) {
        self.say(ask, |answer| answer.piece(bytes));
    }

    pub fn end(&mut self, ask: u32) {
        self.say(ask, |answer| answer.end().to_vec());
        self.answered(ask);
    }

    /// There is no answer, or no more of it; why is told to whoever runs the program.
    pub fn fail(&mut self, ask: u32, status: u16, why: &str) {
        let mut began = false;
        self.say(ask, |answer| {
            began = answer.began;
            // An answer that is cut off must not look whole.
            if began { Vec::new() } else { answer.refusal(status, why, "") }
        });
        match self.asks.get(&ask) {
            Some(conn) if began => self.hang_up(*conn),
            _ => self.answered(ask),
        }
    }

    fn say(&mut self, ask: u32, what: impl FnOnce(&mut Answer) -> Vec<u8>) {
        let Some(&conn) = self.asks.get(&ask) else { return };
        let one = self.conns.get_mut(&conn).expect("a request ends with its connection");
        let (_, answer) = one.asked.as_mut().expect("it is asked for");
        let plain = what(answer);
        let bytes = one.put(&plain);
        self.send(conn, bytes);
    }

    fn answered(&mut self, ask: u32) {
        let Some(conn) = self.asks.remove(&ask) else { return };
        let one = self.conns.get_mut(&conn).expect("a request ends with its connection");
        let keeps = one.asked.take().is_some_and(|(_, answer)| answer.keeps) && !one.is_over;
        if keeps { self.go_on(conn) } else { self.hang_up(conn) }
    }

    fn hang_up(&mut self, conn: u32) {
        let farewell = self.conns.get_mut(&conn).map(Conn::farewell).unwrap_or_default();
        self.send(conn, farewell);
        self.closed(conn);
        self.events.push_back(Event::End { conn });
    }

    fn send(&mut self, conn: u32, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.events.push_back(Event::Send { conn, bytes });
        }
    }

    /// The next request, if it is there and the last one is answered.
    fn go_on(&mut self, conn: u32) {
        while let Some(one) = self.conns.get_mut(&conn).filter(|one| one.asked.is_none()) {
            match request::read(&one.heard) {
                request::Read::Whole(request, length) => {
                    one.heard.drain(..length);
                    one.told_to_go_on = false;
                    self.requested(conn, *request);
                }
                request::Read::Bad(status, why) => return self.refuse(conn, status, why),
                request::Read::More { .. } if one.is_over => return self.hang_up(conn),
                request::Read::More { waits } => {
                    if waits && !one.told_to_go_on {
                        one.told_to_go_on = true;
                        let bytes = one.put(b"HTTP/1.1 100 Continue\r\n\r\n");
                        self.send(conn, bytes);
                    }
                    return;
                }
            }
        }
    }

    fn requested(&mut self, conn: u32, request: Request) {
        let one = self.conns.get_mut(&conn).expect("it asks");
        let Request { method, target, headers, body, credentials, keeps, is_1_1 } = request;
        let mut answer = Answer { is_head: method == "HEAD", is_1_1, keeps, began: false, has_body: false };
        let asked = match (&one.tunnel, credentials) {
            (Some(tunnel), _) if target.starts_with('/') => Ok((tunnel.credentials.clone(), format!("{}{target}", tunnel.origin))),
            (None, Some(credentials)) if method == "CONNECT" && one.tls.is_none() => return self.tunnel(conn, &target, credentials),
            (None, Some(credentials)) if target.contains("://") => Ok((credentials, target)),
            (None, None) if method == "CONNECT" || target.contains("://") => Err(407),
            _ => Err(400),
        };
        let (credentials, url) = match asked {
            Ok(asked) => asked,
            Err(407) => {
                let how = "proxy-authenticate: Basic realm=\"peerd\"\r\n";
                let why = "who asks is not known: the address in http_proxy and https_proxy says it";
                let bytes = one.put(&answer.refusal(407, why, how));
                self.send(conn, bytes);
                if !keeps {
                    self.hang_up(conn);
                }
                return;
            }
            Err(_) => return self.refuse(conn, 400, "this is a proxy for HTTP and HTTPS, and takes whole addresses"),
        };
        answer.keeps = keeps;
        self.last_ask += 1;
        let ask = self.last_ask;
        one.asked = Some((ask, answer));
        self.asks.insert(ask, conn);
        self.events.push_back(Event::Ask { ask, credentials, method, url, headers, body });
    }

    /// RFC 9110, 9.3.6; what would be a tunnel to a host ends here.
    fn tunnel(&mut self, conn: u32, target: &str, credentials: String) {
        let (host, port) = target.rsplit_once(':').unwrap_or((target, "443"));
        let origin = if port == "443" { format!("https://{host}") } else { format!("https://{host}:{port}") };
        let Some(tls) = self.authority.accept(host) else { return self.refuse(conn, 400, "this is no host") };
        let one = self.conns.get_mut(&conn).expect("it asks");
        let early = std::mem::take(&mut one.heard);
        let bytes = one.put(b"HTTP/1.1 200 Connection established\r\n\r\n");
        one.tls = Some(Box::new(tls));
        one.tunnel = Some(Tunnel { origin, credentials });
        let (said, taken) = one.take(&early);
        self.send(conn, bytes);
        self.send(conn, said);
        if taken.is_err() {
            self.hang_up(conn);
        }
    }

    fn refuse(&mut self, conn: u32, status: u16, why: &str) {
        let Some(one) = self.conns.get_mut(&conn) else { return };
        let answer = Answer { is_head: false, is_1_1: true, keeps: false, began: false, has_body: true };
        let bytes = one.put(&answer.refusal(status, why, ""));
        self.send(conn, bytes);
        self.hang_up(conn);
    }
}
