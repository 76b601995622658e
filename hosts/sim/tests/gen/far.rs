//! Over vats: groups through splits (P19), multi-calls with silent ones (G08), servers in vats that are lost (G03, G07).
use crate::kit::say;
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    gen_server::{self, GenServer, Init, Next},
    groups::{self, Request},
    message::{Caller, Never, call, encode},
    requests::{Heard, MultiCall},
};
use peerd_vat::{CallId, Config, Crash, Cx, Event, Input, Output, Outputs, Reason, Ref, Rights, Said, SpawnOptions, Time, Vat, VatId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Vats with a node each, and lines between them that can be cut.
struct Net {
    vats: BTreeMap<u32, Vat>,
    cut: BTreeSet<(u32, u32)>,
    /// From, to, and what is on its way.
    wire: VecDeque<(u32, u32, Vec<u8>)>,
    told: String,
}

impl Net {
    fn new(count: u32) -> Net {
        let mut net = Net { vats: BTreeMap::new(), cut: BTreeSet::new(), wire: VecDeque::new(), told: String::new() };
        let ids = 1..=count;
        for id in ids.clone() {
            let cast = vec![behaviour::<Node>(), groups::behaviour(), gen_server::behaviour::<Mute>()];
            let mut vat = Vat::new(Config { vat: VatId(id), epoch: 1, ..Config::default() }, cast);
            let refs: Vec<Ref> = ids.clone().filter(|other| *other != id).map(|other| vat.peer(VatId(other))).collect();
            net.vats.insert(id, vat);
            net.input(id, Input::Boot { behaviour: Node::NAME.into(), args: Vec::new(), refs });
        }
        for one in ids.clone() {
            for other in ids.clone().filter(|other| *other > one) {
                net.connect(one, other);
            }
        }
        net.all("meet");
        net
    }

    fn connect(&mut self, one: u32, other: u32) {
        self.cut.remove(&(one, other));
        self.input(one, Input::LinkUp { vat: VatId(other) });
        self.input(other, Input::LinkUp { vat: VatId(one) });
        self.settle();
    }

    fn cut(&mut self, one: u32, other: u32) {
        if self.cut.insert((one, other)) {
            self.wire.retain(|(from, to, _)| (*from.min(to), *from.max(to)) != (one, other));
            self.input(one, Input::LinkDown { vat: VatId(other) });
            self.input(other, Input::LinkDown { vat: VatId(one) });
            self.settle();
        }
    }

    /// Only those of one island reach each other.
    fn split(&mut self, islands: &[&[u32]]) {
        for one in self.vats.keys().copied().collect::<Vec<_>>() {
            for other in self.vats.keys().copied().filter(|other| *other > one).collect::<Vec<_>>() {
                if !islands.iter().any(|island| island.contains(&one) && island.contains(&other)) {
                    self.cut(one, other);
                }
            }
        }
    }

    fn heal(&mut self) {
        for (one, other) in self.cut.clone() {
            self.connect(one, other);
        }
        self.all("meet");
    }

    fn all(&mut self, order: &str) {
        for id in self.vats.keys().copied().collect::<Vec<_>>() {
            self.node(id, order);
        }
    }

    fn node(&mut self, id: u32, order: &str) {
        let to = self.vats[&id].root().expect("a node never ends");
        self.input(id, Input::Message { to, body: order.into(), refs: Vec::new() });
        self.settle();
    }

    fn input(&mut self, id: u32, input: Input) {
        let mut out = Outputs::new();
        self.vats.get_mut(&id).expect("a vat of this net").handle(Time(0), input, &mut out).expect("there is room");
        self.take(id, out);
    }

    fn settle(&mut self) {
        for _ in 0..1_000 {
            let mut idle = true;
            while let Some((from, to, bytes)) = self.wire.pop_front() {
                self.input(to, Input::Link { vat: VatId(from), bytes });
            }
            for id in self.vats.keys().copied().collect::<Vec<_>>() {
                let mut out = Outputs::new();
                idle &= self.vats.get_mut(&id).expect("a vat of this net").run(Time(0), 10, &mut out).idle;
                self.take(id, out);
            }
            if idle && self.wire.is_empty() {
                return;
            }
        }
        panic!("it never rests: {}", self.told);
    }

    fn take(&mut self, from: u32, out: Outputs) {
        for output in out {
            match output {
                Output::Link { vat: VatId(to), bytes } if !self.cut.contains(&(from.min(to), from.max(to))) => {
                    self.wire.push_back((from, to, bytes));
                }
                Output::Report(report) => {
                    if let Said::Note { text, .. } = report.what {
                        self.told += &format!("v{from} {text}\n");
                    }
                }
                _ => {}
            }
        }
    }
}

/// The root of a vat: has a scope, members in its one group, and knows the other nodes.
struct Node;

#[derive(Serialize, Deserialize)]
struct Desk {
    peers: Vec<Ref>,
    scope: Ref,
    members: BTreeMap<String, Ref>,
    calls: Vec<(CallId, Why)>,
    all: Option<MultiCall<u32>>,
    far: Option<Ref>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Why {
    Scope,
    Members,
    Server,
    Stop,
    Else,
}

impl Server for Node {
    const NAME: &'static str = "node";
    type State = Desk;

    fn init(_args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Desk, Crash> {
        cx.trap_exits(true);
        let scope = groups::spawn(cx, "scope");
        Ok(Desk { peers: refs.to_vec(), scope, members: BTreeMap::new(), calls: Vec::new(), all: None, far: None })
    }

    fn handle(desk: &mut Desk, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: b"scope?", reply: Some(reply), .. } => cx.reply(reply, b"", &[desk.scope]),
            Event::User { body: b"server?", reply: Some(reply), .. } => {
                let server = cx.spawn(SpawnOptions::new(Mute::NAME, &[]));
                cx.reply(reply, b"", &[server.lending(Rights::ALL)]);
            }
            Event::User { body: b"mute?", reply: Some(reply), .. } => {
                let mute = cx.spawn(SpawnOptions::new(Mute::NAME, &[]));
                cx.send_with(mute, &encode(&Hold), &[reply]);
            }
            Event::User { body, .. } => desk.order(std::str::from_utf8(body).expect("orders are text"), cx),
            Event::Reply { call, result } => {
                if let Some(all) = &mut desk.all
                    && all.settle(call, &result) == Heard::All
                {
                    let answered: Vec<u32> = all.answers.iter().map(|answer| answer.0).collect();
                    say(cx, format!("answered {answered:?}, silent {:?}", all.silent));
                }
                let Some(at) = desk.calls.iter().position(|open| open.0 == call) else { return Ok(()) };
                let (_, why) = desk.calls.remove(at);
                match (why, result) {
                    (Why::Scope, Ok(answer)) => {
                        desk.calls.push((call_scope(desk.scope, Request::Meet, &answer.refs[..1], cx), Why::Else));
                    }
                    (Why::Members, Ok(answer)) => say(cx, format!("knows {}", answer.refs.len())),
                    (Why::Server, Ok(answer)) => desk.far = answer.refs.first().copied(),
                    (Why::Stop, result) => say(cx, format!("stop: {:?}", gen_server::stopped(result, &Reason::Normal))),
                    (_, Err(settle)) => say(cx, format!("{settle}")),
                    (Why::Else, Ok(_)) => {}
                }
            }
            Event::Exit { .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

fn call_scope(scope: Ref, request: Request, refs: &[Ref], cx: &mut Cx<'_>) -> CallId {
    call(scope, &request, refs, 5_000, cx)
}

impl Desk {
    fn order(&mut self, order: &str, cx: &mut Cx<'_>) {
        let (verb, name) = order.split_once(' ').unwrap_or((order, ""));
        let asked = match verb {
            // A peer that is cut off says so at once; that is no news here.
            "meet" => {
                let asked: Vec<_> = self.peers.iter().map(|peer| (cx.call(*peer, b"scope?", &[], 5_000), Why::Scope)).collect();
                return self.calls.extend(asked);
            }
            "join" => {
                let member = cx.spawn(SpawnOptions::new(Mute::NAME, &[]));
                self.members.insert(name.into(), member);
                (call_scope(self.scope, Request::Join("g".into()), &[member], cx), Why::Else)
            }
            "end" => return cx.exit(self.members[name], Reason::Kill),
            "members" => (call_scope(self.scope, Request::Members("g".into()), &[], cx), Why::Members),
            "all" => return self.all = Some(MultiCall::begin((2..).zip(self.peers.iter().copied()), b"server?", 5_000, cx)),
            "server" => (cx.call(self.peers[0], b"server?", &[], 5_000), Why::Server),
            "stop" => (gen_server::stop(self.far.expect("asked for before"), &Reason::Normal, 5_000, cx), Why::Stop),
            "mute" => (cx.call(self.peers[0], b"mute?", &[], 5_000), Why::Else),
            other => panic!("no such order: {other}"),
        };
        self.calls.push(asked);
    }
}

/// A server that never answers.
struct Mute;

#[derive(Serialize, Deserialize)]
struct Hold;

impl GenServer for Mute {
    const NAME: &'static str = "mute";
    type State = Option<Ref>;
    type Call = Never;
    type Cast = Hold;
    type Continue = Never;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Init<Mute>, Crash> {
        Ok(Init::Ready(None))
    }

    fn call(_: &mut Option<Ref>, request: Never, _: Caller, _: &mut Cx<'_>) -> Result<Next<Mute>, Crash> {
        match request {}
    }

    fn cast(held: &mut Option<Ref>, _: Hold, cx: &mut Cx<'_>) -> Result<Next<Mute>, Crash> {
        *held = cx.refs().first().copied();
        Ok(Next::Go)
    }
}

/// P19 pg_SUITE: two, three and four islands; in each one joins and one ends.
#[test]
fn splits_heal_to_the_union_without_ghosts() {
    for islands in [&[&[1, 2][..], &[3, 4]][..], &[&[1], &[2], &[3, 4]], &[&[1], &[2], &[3], &[4]]] {
        let mut net = Net::new(4);
        for id in 1..=4 {
            net.node(id, "join a");
            net.node(id, "join b");
        }
        net.all("members");
        net.split(islands);
        net.all("members");
        net.node(1, "join c");
        net.node(1, "end a");
        net.node(4, "end a");
        net.node(4, "end b");
        net.heal();
        net.told.push_str("healed\n");
        net.all("members");
        let healed = net.told.split_once("healed\n").expect("it was").1.to_owned();
        assert_eq!(healed, "v1 knows 6\nv2 knows 6\nv3 knows 6\nv4 knows 6\n");
        let sizes: Vec<usize> =
            (1..=4).map(|id| islands.iter().find(|island| island.contains(&id)).map_or(0, |island| island.len())).collect();
        for (id, size) in (1..).zip(sizes) {
            assert!(net.told.contains(&format!("v{id} knows 8\n")), "{}", net.told);
            assert!(net.told.contains(&format!("v{id} knows {}\n", 2 * size)), "{}", net.told);
        }
    }
}

/// G08 multicall_down
#[test]
fn a_multi_call_over_vats_tells_those_that_are_lost_apart() {
    let mut net = Net::new(4);
    net.node(1, "all");
    net.split(&[&[1, 3], &[2], &[4]]);
    net.node(1, "all");
    expect![[r#"
        v1 answered [2, 3, 4], silent []
        v1 answered [3], silent [(2, Noconnection), (4, Noconnection)]
    "#]]
    .assert_eq(&net.told);
}

/// G03, G07
#[test]
fn what_is_asked_of_a_lost_vat_settles_noconnection_before_and_during_the_loss() {
    let mut net = Net::new(2);
    net.node(1, "server");
    net.node(1, "stop");
    net.node(1, "stop");
    net.node(1, "server");
    net.node(1, "mute");
    net.cut(1, 2);
    net.node(1, "stop");
    net.node(1, "mute");
    expect![[r#"
        v1 stop: Ok(())
        v1 stop: Err(Noproc)
        v1 noconnection
        v1 stop: Err(Noconnection)
        v1 noconnection
    "#]]
    .assert_eq(&net.told);
}
