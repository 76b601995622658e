//! Tasks: awaited, given up, supervised; their crash is their owner's business only if it is linked.
use crate::kit::{Order, Play, cast, exit, say, start_with};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    message::decode,
    supervisor,
    task::{self, Progress, Task, Work},
};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// Doubles a number after as many milliseconds; crashes over 13 at once, and over 1000 later.
struct Double;

impl Work for Double {
    const NAME: &'static str = "double";
    type Input = u64;
    type Output = u64;
    type State = u64;

    fn begin(number: u64, _refs: &[Ref], cx: &mut Cx<'_>) -> Result<Progress<Double>, Crash> {
        match number {
            0 => return Ok(Progress::Done(0)),
            13 => return Err(Crash::new("unlucky", "unlucky")),
            ms => cx.timer(1, ms),
        }
        Ok(Progress::Working(number))
    }

    fn handle(number: &mut u64, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Option<u64>, Crash> {
        let Event::Timer { key: 1 } = event else { return Ok(None) };
        say(cx, format!("doubles {number}"));
        if *number > 1_000 { Err(Crash::new("too_much", "too much")) } else { Ok(Some(*number * 2)) }
    }
}

struct Owner;

#[derive(Serialize, Deserialize)]
struct Tasks {
    supervisor: Ref,
    open: Vec<(u64, Task<u64>)>,
    starting: Vec<(CallId, u64)>,
}

impl Server for Owner {
    const NAME: &'static str = "owner";
    type State = Tasks;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Tasks, Crash> {
        cx.trap_exits(args == b"trap");
        Ok(Tasks { supervisor: refs[0], open: Vec::new(), starting: Vec::new() })
    }

    fn handle(tasks: &mut Tasks, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, .. } => tasks.begin(decode::<(String, u64)>(body).expect("words"), cx),
            Event::Reply { call, result } => {
                if let Some(at) = tasks.starting.iter().position(|starting| starting.0 == call) {
                    let (_, number) = tasks.starting.remove(at);
                    let answer = result.expect("the supervisor answers");
                    match (supervisor::Answer::decode(answer.body), answer.refs) {
                        (Some(supervisor::Answer::Started), &[worker]) => tasks.open.push((number, Task::ask(worker, 5_000, cx))),
                        _ => say(cx, format!("{number} did not start")),
                    }
                    return Ok(());
                }
                for at in 0..tasks.open.len() {
                    let (number, task) = &mut tasks.open[at];
                    if let Some(settled) = task.settle(call, result.clone()) {
                        say(cx, format!("twice {number}: {settled:?}"));
                        tasks.open.remove(at);
                        break;
                    }
                }
            }
            Event::Exit { reason, .. } => say(cx, format!("a task ended: {reason}")),
            // A yield that was not answered in time.
            Event::Timer { .. } => say(cx, format!("{} still open", tasks.open.len())),
            Event::Down { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Tasks {
    fn begin(&mut self, (verb, number): (String, u64), cx: &mut Cx<'_>) {
        match verb.as_str() {
            "start" => self.open.push((number, task::start::<Double>(&number, &[], 5_000, cx))),
            "loose" => self.open.push((number, task::start_loose::<Double>(&number, &[], 5_000, cx))),
            "supervised" => {
                let spec = task::spec::<Double>(&number.to_string(), &number);
                let request = supervisor::Request::StartChild(spec).encode();
                self.starting.push((cx.call(self.supervisor, &request, &[cx.me()], 5_000), number));
            }
            "yield" => cx.timer(1, number),
            "shutdown" => self.open.drain(..).for_each(|(_, task)| task.shutdown(cx)),
            _ => self.open.drain(..).for_each(|(_, task)| task.kill(cx)),
        }
    }
}

fn tell(verb: &str, number: u64) -> Order {
    cast("owner", &(verb, number))
}

fn play(args: &[u8]) -> Play {
    let mut play = Play::new(vec![task::behaviour::<Double>(), behaviour::<Owner>(), supervisor::behaviour()]);
    let spec = supervisor::SupervisorSpec::one_for_one().encode();
    play.desk([start_with("tasks", supervisor::NAME, &spec, &[]), start_with("owner", "owner", args, &["tasks"])]);
    play.told.clear();
    play
}

#[test]
fn a_task_is_awaited_by_its_answer_and_gone_after_it() {
    let mut play = play(b"trap");
    play.desk([tell("start", 40), tell("start", 0), tell("yield", 20), tell("loose", 30)]);
    play.advance(100);
    expect![[r#"
        0.000 owner twice 0: Ok(0)
        0.000 owner a task ended: normal
        0.020 owner 2 still open
        0.030 double doubles 30
        0.030 owner twice 30: Ok(60)
        0.040 double doubles 40
        0.040 owner twice 40: Ok(80)
        0.040 owner a task ended: normal
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_linked_crash_takes_the_owner_along_and_a_loose_one_only_settles() {
    let mut play = play(b"");
    play.desk([tell("loose", 13), tell("loose", 2_000)]);
    play.advance(2_000);
    play.desk([tell("start", 13)]);
    expect![[r#"
        0.000 double = report: crashed "unlucky"
        0.000 owner twice 13: Err(Exit(Crash(Crash { kind: "unlucky", message: "unlucky" })))
        2.000 double = report: crashed "too much"
        2.000 owner twice 2000: Err(Exit(Crash(Crash { kind: "too_much", message: "too much" })))
        2.000 double = report: crashed "unlucky"
        2.000 owner = report: crashed "unlucky"
        2.000 desk  owner ended: crashed "unlucky"
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_task_that_is_not_wanted_ends_alone() {
    let mut play = play(b"");
    play.desk([tell("start", 40), tell("start", 50)]);
    play.desk([tell("shutdown", 0)]);
    play.desk([tell("start", 60)]);
    play.desk([tell("kill", 0)]);
    play.advance(100);
    play.desk([tell("start", 5)]);
    play.advance(5);
    expect![[r#"
        0.000 double = report: killed
        0.105 double doubles 5
        0.105 owner twice 5: Ok(10)
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_linked_task_ends_with_its_owner_and_a_supervised_one_works_on() {
    let mut play = play(b"");
    play.desk([tell("start", 40), tell("supervised", 50), tell("supervised", 20), tell("supervised", 13)]);
    play.advance(30);
    play.desk([exit("owner", Reason::Other("gone".into()))]);
    play.advance(100);
    expect![[r#"
        0.000 tasks = progress: 50 runs
        0.000 tasks = progress: 20 runs
        0.000 13    = report: crashed "unlucky"
        0.000 tasks = start_error: 13: crashed "unlucky"
        0.000 owner 13 did not start
        0.020 20    doubles 20
        0.020 owner twice 20: Ok(40)
        0.030 owner = report: gone
        0.030 double = report: gone
        0.030 desk  owner ended: gone
        0.050 50    doubles 50
    "#]]
    .assert_eq(&play.told);
}
