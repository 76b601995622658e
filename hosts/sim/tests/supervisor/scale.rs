//! What a supervisor of many costs (S57, S62, S71): counted in turns, so that every run of the test sees the same.
use peerd_otp::{
    Server, behaviour,
    supervisor::{self, Answer, ChildSpec, Request, Restart, SupervisorSpec},
};
use peerd_vat::{CallId, Config, Crash, Cx, Event, Input, Outputs, PortId, Ref, Time, Vat};
use serde::{Deserialize, Serialize};

/// Starts a supervisor, then asks it for one child after the other, or for all at once.
struct Boss;

#[derive(Serialize, Deserialize)]
struct Orders {
    supervisor: Ref,
    /// Still to be asked for; the last one is next.
    requests: Vec<Vec<u8>>,
    children: Vec<Ref>,
    port: Ref,
    /// Of the start of the supervisor.
    start: Option<CallId>,
    at_once: usize,
}

#[derive(Serialize, Deserialize)]
struct Play {
    spec: SupervisorSpec,
    requests: Vec<Request>,
    at_once: usize,
}

impl Server for Boss {
    const NAME: &'static str = "boss";
    type State = Orders;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Orders, Crash> {
        let play: Play = postcard::from_bytes(args).map_err(|_| Crash::new("bad_args", "no play"))?;
        let args = play.spec.encode();
        let (supervisor, start) = cx.start(peerd_vat::SpawnOptions::new(supervisor::NAME, &args).linked(), peerd_vat::INFINITY_MS);
        let requests = play.requests.iter().rev().map(Request::encode).collect();
        Ok(Orders { supervisor, requests, children: Vec::new(), port: refs[0], start: Some(start), at_once: play.at_once })
    }

    fn handle(orders: &mut Orders, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::Reply { call, result } = event else { return Ok(()) };
        let answer = result.map_err(|settle| Crash::new("call", settle.to_string()))?;
        if orders.start != Some(call) {
            match Answer::decode(answer.body) {
                Some(Answer::Started) => orders.children.push(answer.refs[0]),
                Some(Answer::Count(count)) => cx.send(orders.port, format!("{count:?}").as_bytes()),
                Some(Answer::Ok) => {}
                other => return Err(Crash::new("answer", format!("{other:?}"))),
            }
        }
        let number = if orders.start.take() == Some(call) { orders.at_once } else { 1 };
        for _ in 0..number {
            if let Some(request) = orders.requests.pop() {
                let child = if request == Request::TerminateRef.encode() { orders.children.pop() } else { None };
                cx.call(orders.supervisor, &request, child.as_slice(), peerd_vat::INFINITY_MS);
            }
        }
        Ok(())
    }
}

struct Idle;

impl Server for Idle {
    const NAME: &'static str = "idle";
    type State = ();

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }

    fn handle((): &mut (), _: Event<'_>, _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
}

/// What was counted, and the turns it took.
fn run(spec: SupervisorSpec, requests: Vec<Request>, at_once: usize) -> (Vec<String>, u64) {
    let config = Config { mailbox_entries_max: u32::MAX, mailbox_bytes_max: u32::MAX, ..Config::default() };
    let mut vat = Vat::new(config, [supervisor::behaviour(), behaviour::<Boss>(), behaviour::<Idle>()].into());
    let port = vat.port(PortId(1));
    let args = postcard::to_allocvec(&Play { spec, requests, at_once }).expect("plain data encodes");
    let mut out = Outputs::new();
    vat.handle(Time(0), Input::Boot { behaviour: "boss".into(), args, refs: vec![port] }, &mut out).expect("the first boot");
    while vat.run(Time(0), u64::MAX, &mut out).turns > 0 {}
    let said = out.into_iter().filter_map(|output| match output {
        peerd_vat::Output::Port { body, .. } => Some(String::from_utf8(body).expect("text")),
        _ => None,
    });
    (said.collect(), vat.counters().turns)
}

const MANY: usize = 500;

fn times(count: usize, request: &Request) -> Vec<Request> {
    vec![request.clone(); count]
}

/// The turns of two runs, the second with ten times as many children as the first.
fn check(spec: &SupervisorSpec, script: fn(usize) -> Vec<Request>, at_once: fn(usize) -> usize, expect: &[String]) {
    let (few, few_turns) = run(spec.clone(), script(MANY / 10), at_once(MANY / 10));
    let (many, many_turns) = run(spec.clone(), script(MANY), at_once(MANY));
    assert_eq!(few.len(), expect.len());
    assert_eq!(many, expect);
    assert!(many_turns <= 10 * few_turns, "{few_turns} turns for {} children, {many_turns} for {MANY}", MANY / 10);
}

fn count(specs: usize, active: usize, supervisors: usize, workers: usize) -> String {
    format!("Count {{ specs: {specs}, active: {active}, supervisors: {supervisors}, workers: {workers} }}")
}

fn start_dynamic() -> Request {
    Request::StartDynamic { args: Vec::new(), key: None }
}

fn started_and_stopped(many: usize) -> Vec<Request> {
    let stops = times(many, &Request::TerminateRef);
    [times(many, &start_dynamic()), vec![Request::CountChildren], stops, vec![Request::CountChildren]].concat()
}

/// S57, S62
#[test]
fn temporary_children_come_and_go_at_a_constant_cost() {
    let template = ChildSpec::new("idle", "idle", Vec::new()).restart(Restart::Temporary);
    let spec = SupervisorSpec::simple_one_for_one(template.clone());
    check(&spec, started_and_stopped, |_| 1, &[count(1, MANY, 0, MANY), count(1, 0, 0, 0)]);
    // S58
    let spec = SupervisorSpec::simple_one_for_one(template.supervisor());
    check(&spec, started_and_stopped, |_| 1, &[count(1, MANY, MANY, 0), count(1, 0, 0, 0)]);
}

#[test]
fn requests_that_wait_cost_nothing_while_they_wait() {
    let spec = SupervisorSpec::simple_one_for_one(ChildSpec::new("idle", "idle", Vec::new()));
    let script = |many| [times(many, &start_dynamic()), vec![Request::CountChildren]].concat();
    check(&spec, script, |many| many + 1, &[count(1, MANY, 0, MANY)]);
}

/// S71
#[test]
fn children_by_id_come_and_go_at_a_constant_cost() {
    let script = |many: usize| {
        let ids: Vec<String> = (0..many).map(|n| format!("c{n}")).collect();
        let starts = ids.iter().map(|id| Request::StartChild(ChildSpec::new(id, "idle", Vec::new())));
        let stops = ids.iter().flat_map(|id| [Request::TerminateChild(id.clone()), Request::DeleteChild(id.clone())]);
        starts.chain([Request::CountChildren]).chain(stops).chain([Request::CountChildren]).collect()
    };
    check(&SupervisorSpec::one_for_one(), script, |_| 1, &[count(MANY, MANY, 0, MANY), count(0, 0, 0, 0)]);
}
