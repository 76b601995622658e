//! A small office for tests: a clerk who calls the supervisor and its children, counters that fail when told to, and a judge
//! who is asked about it. All that is said comes out of one port, and the supervisor's reports beside it.
use peerd_otp::{
    Server, behaviour,
    supervisor::{self, Announcement, Answer, Question, Request, Rung, SupervisorSpec},
};
use peerd_vat::{CallId, Config, Crash, Cx, Event, Input, Outputs, PortId, Reason, Ref, Said, SpawnOptions, Time, Vat};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where specs find them among the supervisor's refs.
const PORT: u32 = 0;
pub const JUDGE: u32 = 1;
const CLERK: u32 = 2;

struct Clerk;

#[derive(Serialize, Deserialize)]
struct Office {
    port: Ref,
    known: BTreeMap<String, Ref>,
    calls: Vec<(CallId, String)>,
}

impl Server for Clerk {
    const NAME: &'static str = "clerk";
    type State = Office;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Office, Crash> {
        cx.trap_exits(true);
        let port = refs[0];
        let judge = cx.spawn(SpawnOptions::new(Judge::NAME, b"").refs(&[port]));
        let refs = [port, judge, cx.me()];
        let supervisor = cx.spawn(SpawnOptions::new(supervisor::NAME, args).refs(&refs).linked());
        let known = [("supervisor".into(), supervisor), ("judge".into(), judge)].into();
        Ok(Office { port, known, calls: Vec::new() })
    }

    fn handle(office: &mut Office, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs: &[child], .. } => {
                let word = Announcement::decode(body).expect("a supervisor announces");
                cx.send(office.port, format!("{} starts", word.id).as_bytes());
                office.known.insert(word.id, child);
            }
            Event::User { body, .. } => {
                let text = String::from_utf8_lossy(body).into_owned();
                let (verb, id) = text.split_once(' ').unwrap_or((&text, ""));
                let id = id.to_owned();
                let request = match verb {
                    "list" => Request::WhichChildren,
                    "restart" => Request::RestartChild(id),
                    "terminate" => Request::TerminateChild(id),
                    "delete" => Request::DeleteChild(id),
                    "start" => Request::StartDynamic { args: id.into_bytes(), key: None },
                    "shutdown" => {
                        cx.exit(office.known["supervisor"], Reason::Shutdown);
                        return Ok(());
                    }
                    "ask" => {
                        let call = cx.call(office.known[&id], b"get", &[], peerd_vat::CALL_MS);
                        office.calls.push((call, text));
                        return Ok(());
                    }
                    who => {
                        cx.send(office.known[who], id.as_bytes());
                        return Ok(());
                    }
                };
                let call = cx.call(office.known["supervisor"], &request.encode(), &[], peerd_vat::INFINITY_MS);
                office.calls.push((call, text));
            }
            Event::Reply { call, result } => {
                let at = office.calls.iter().position(|open| open.0 == call).expect("its own call");
                let (_, what) = office.calls.remove(at);
                let said = match result {
                    Ok(answer) if what.starts_with("ask") => String::from_utf8_lossy(answer.body).into_owned(),
                    Ok(answer) => told(&Answer::decode(answer.body).expect("a supervisor's answer")),
                    Err(settle) => settle.to_string(),
                };
                cx.send(office.port, format!("{what}: {said}").as_bytes());
            }
            Event::Exit { reason, .. } => cx.send(office.port, format!("supervisor exit {reason}").as_bytes()),
            Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Children(rows) => {
            rows.iter().map(|row| format!("{} {:?}", row.id, row.state).to_lowercase()).collect::<Vec<_>>().join(", ")
        }
        other => format!("{other:?}"),
    }
}

struct Counter;

/// Where it says what it counts; its count; whether it hears when it is told to go.
#[derive(Serialize, Deserialize)]
struct Count(Ref, u32, bool);

impl Server for Counter {
    const NAME: &'static str = "counter";
    type State = Count;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Count, Crash> {
        cx.trap_exits(true);
        Ok(Count(refs[PORT as usize], 0, args != b"deaf"))
    }

    fn parent_exit(Count(.., hears): &mut Count, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if *hears {
            cx.stop(reason);
        }
        Ok(())
    }

    fn handle(Count(port, count, _): &mut Count, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, reply, .. } = event else { return Ok(()) };
        *count += 1;
        if body == b"boom" {
            cx.send(*port, b"never said");
            return Err(Crash::new("boom", "boom"));
        }
        if body == b"leave" {
            cx.stop(Reason::Other("left".into()));
        }
        cx.send(reply.unwrap_or(*port), format!("count {count}").as_bytes());
        Ok(())
    }
}

/// Answers with the rung it was told last, or not at all.
struct Judge;

impl Server for Judge {
    const NAME: &'static str = "judge";
    type State = (Ref, String, Option<Ref>);

    fn init(_: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Self::State, Crash> {
        Ok((refs[0], "silent".into(), None))
    }

    fn handle((port, word, waiting): &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, reply: Some(reply), .. } => {
                let Question { fault, history } = Question::decode(body).expect("a supervisor asks");
                let held = if fault.is_held { "held" } else { "ended" };
                let text = format!("judge: {} {held}, {}, {} of {}", fault.child, fault.reason, history.faults, history.intensity);
                cx.send(*port, text.as_bytes());
                let rung = match word.as_str() {
                    "resume" => Rung::Resume,
                    "restart" => Rung::Restart,
                    "replace" => Rung::Replace,
                    "stop" => Rung::Stop,
                    "park" => Rung::Park,
                    "escalate" => Rung::Escalate,
                    "nonsense" => return reply_with(cx, reply, b"nonsense"),
                    _ => {
                        *waiting = Some(reply);
                        return Ok(());
                    }
                };
                reply_with(cx, reply, &rung.encode())
            }
            Event::User { body, .. } => {
                *word = String::from_utf8_lossy(body).into_owned();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn reply_with(cx: &mut Cx<'_>, reply: Ref, body: &[u8]) -> Result<(), Crash> {
    cx.reply(reply, body, &[]);
    Ok(())
}

/// Each step of the script with what came of it: orders to the clerk, and `advance MS`.
pub fn play(spec: &SupervisorSpec, script: &str) -> String {
    let table = vec![supervisor::behaviour(), behaviour::<Clerk>(), behaviour::<Counter>(), behaviour::<Judge>()];
    let mut vat = Vat::new(Config::default(), table);
    let (mut now, mut out, mut told) = (Time(0), Outputs::new(), String::new());
    let args = spec.clone().announce(CLERK).encode();
    let refs = vec![vat.port(PortId(1))];
    vat.handle(now, Input::Boot { behaviour: Clerk::NAME.into(), args, refs }, &mut out).expect("the first boot");
    for step in ["boot"].into_iter().chain(script.lines().map(str::trim)) {
        told += step;
        if let Some(ms) = step.strip_prefix("advance ") {
            now = now.after(ms.parse().expect("ms"));
        } else if step != "boot" {
            let to = vat.root().expect("the clerk lives");
            vat.handle(now, Input::Message { to, body: step.into(), refs: Vec::new() }, &mut out).expect("there is room");
        }
        settle(&mut vat, now, &mut out);
        for output in out.drain(..) {
            match output {
                peerd_vat::Output::Port { body, .. } => told += &format!("\n    {}", String::from_utf8_lossy(&body)),
                peerd_vat::Output::Report(report) => match report.what {
                    Said::Note { kind, text } if kind != "progress" => told += &format!("\n    = {kind}: {text}"),
                    Said::Note { .. } | Said::Crashed { .. } => {}
                },
                _ => {}
            }
        }
        told += "\n";
        assert!(vat.counters().balance(), "sent = handled + dead + in flight: {:?}", vat.counters());
    }
    told
}

fn settle(vat: &mut Vat, now: Time, out: &mut Outputs) {
    while vat.run(now, 1_000, out).turns > 0 {}
}
