//! Actors reach native code.
use crate::crew::{Errand, Question, Runner, system};
use peerd_vat::DeadClass;

#[test]
fn native_code_answers_an_actor_when_it_can() {
    let mut system = system();
    let (handle, diary) = (system.handle(), system.probe::<String>());
    let port = handle.port::<Question>().expect("it runs");
    let runner = system.spawn::<Runner>(&diary.addr());
    system.send(runner, &Errand::Ask { ms: 5_000, whom: port.addr() });
    let question = port.take().expect("it was asked");
    diary.expect_no_msg();
    assert!(handle.reply(question.answer, &(question.number + 1)).is_ok());
    assert_eq!(diary.expect_msg(), "Ok(21)");
}

#[test]
fn a_thread_can_serve_a_port() {
    let mut system = system();
    let diary = system.probe::<String>();
    let serve = |question: Question, handle: &peerd_native::Handle| {
        assert!(handle.reply(question.answer, &(question.number * 2)).is_ok());
    };
    let whom = system.handle().serve(serve).expect("it runs");
    let runner = system.spawn::<Runner>(&diary.addr());
    system.send(runner, &Errand::Ask { ms: 5_000, whom });
    assert_eq!(diary.expect_msg(), "Ok(40)");
}

#[test]
fn a_call_that_native_code_does_not_answer_ends_by_its_deadline() {
    let mut system = system();
    let (port, diary) = (system.handle().port::<Question>().expect("it runs"), system.probe::<String>());
    let runner = system.spawn::<Runner>(&diary.addr());
    system.send(runner, &Errand::Ask { ms: 20, whom: port.addr() });
    assert_eq!(diary.expect_msg(), "Err(Timeout)");
    assert!(port.take_within(0).is_none(), "what nobody waits for is not begun");
}

#[test]
fn who_asks_a_port_that_is_gone_is_told() {
    let mut system = system();
    let (port, diary) = (system.handle().port::<Question>().expect("it runs"), system.probe::<String>());
    let (runner, whom) = (system.spawn::<Runner>(&diary.addr()), port.addr());
    drop(port);
    system.send(runner, &Errand::Ask { ms: 5_000, whom });
    assert_eq!(diary.expect_msg(), "Err(Noproc)");
}

#[test]
fn what_a_full_port_does_not_take_is_a_dead_letter() {
    let mut system = system();
    let (port, diary) = (system.handle().port::<Vec<u8>>().expect("it runs"), system.probe::<String>());
    let runner = system.spawn::<Runner>(&diary.addr());
    for times in [65_536, 3] {
        system.send(runner, &Errand::Tell { whom: port.addr(), times });
    }
    assert!(system.handle().rest_within(60_000));
    let dead = system.take_dead_letters();
    assert_eq!(dead.iter().filter(|letter| letter.class == DeadClass::Overloaded).count(), 3);
    assert!(std::iter::from_fn(|| port.take_within(0)).count() == 65_536);
}
