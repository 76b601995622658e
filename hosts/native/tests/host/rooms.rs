//! Virtual actors over lives of their system.
use crate::files::Folder;
use peerd_native::{System, prelude::*};
use peerd_otp::namespace::{Failure, KEY_MAX};

#[derive(Message)]
enum Jar {
    Put,
    Count(Reply<u64>),
    /// Asked, so that the kernel does not try it again.
    Break(Reply<u64>),
}

#[derive(Serialize, Deserialize)]
struct Cookies(u64);

impl Actor for Cookies {
    const NAME: &'static str = "jar";
    type Args = String;
    type Message = Jar;

    fn init(name: String, _: &mut Context<'_, '_, Cookies>) -> Result<Cookies, Crash> {
        if name == "cracked" { Err(crash("cracked", "no jar")) } else { Ok(Cookies(0)) }
    }

    fn handle(&mut self, message: Jar, cx: &mut Context<'_, '_, Cookies>) -> Result<(), Crash> {
        match message {
            Jar::Put => self.0 += 1,
            Jar::Count(reply) => cx.reply(reply, &self.0),
            Jar::Break(_) => return Err(crash("told", "to break")),
        }
        Ok(())
    }
}

fn open(folder: &Folder) -> (System, Namespace<Jar>) {
    let mut system = System::open(&folder.0, vec![behaviour::<Cookies>()]).expect("it opens");
    let jars = system.keep_namespace::<Cookies>("jars");
    (system, jars)
}

fn count(system: &mut System, jars: Namespace<Jar>, key: &str) -> u64 {
    let jar = system.find(jars, key).expect("any key has a jar");
    system.ask(jar, Jar::Count).expect("a jar answers")
}

#[test]
fn a_key_is_one_actor_whoever_asks_and_whenever() {
    let folder = Folder::new();
    let first = {
        let (mut system, jars) = open(&folder);
        let asked: Vec<_> = (0..20).map(|_| system.handle().find(jars, "red")).collect();
        let found: Vec<Addr<Jar>> = asked.into_iter().map(|pending| pending.wait().expect("a jar")).collect();
        assert!(found.iter().all(|jar| *jar == found[0]));
        assert_ne!(system.find(jars, "blue"), Ok(found[0]));
        found.iter().for_each(|jar| system.send(*jar, &Jar::Put));
        assert_eq!(count(&mut system, jars, "red"), 20);
        found[0]
    };
    let (mut system, jars) = open(&folder);
    assert_eq!(system.find(jars, "red"), Ok(first));
    assert_eq!((count(&mut system, jars, "red"), count(&mut system, jars, "blue")), (20, 0));
}

#[test]
fn one_that_crashes_is_there_for_the_next_message() {
    let folder = Folder::new();
    let (mut system, jars) = open(&folder);
    let jar = system.find(jars, "red").expect("a jar");
    for _ in 0..50 {
        system.send(jar, &Jar::Put);
        assert!(system.ask(jar, Jar::Break).is_err());
    }
    while system.ask(jar, Jar::Count) != Ok(50) {}
}

#[test]
fn a_failed_activation_gets_no_message_its_caller_the_error_and_the_next_tries_again() {
    let folder = Folder::new();
    for _ in 0..2 {
        let (mut system, jars) = open(&folder);
        for _ in 0..3 {
            let failed = system.find(jars, "cracked");
            assert!(
                matches!(&failed, Err(NotFound::Refused(Failure::Init(Reason::Crash(crash)))) if &*crash.kind == "cracked"),
                "{failed:?}"
            );
        }
        let long = "x".repeat(KEY_MAX + 1);
        assert_eq!(system.find(jars, &long), Err(NotFound::Refused(Failure::Key)));
    }
}

#[test]
fn a_deleted_key_is_another_actor_also_the_next_time() {
    let folder = Folder::new();
    let (mut system, jars) = open(&folder);
    let jar = system.find(jars, "red").expect("a jar");
    system.send(jar, &Jar::Put);
    assert_eq!(count(&mut system, jars, "red"), 1);
    assert_eq!((system.delete(jars, "red"), system.delete(jars, "red")), (Ok(()), Err(NotFound::Refused(Failure::NotFound))));
    drop(system);
    let (mut system, jars) = open(&folder);
    assert_eq!(system.keys(jars, None, 10), Ok(Vec::new()));
    assert_eq!(count(&mut system, jars, "red"), 0);
    assert_ne!(system.find(jars, "red"), Ok(jar));
}

#[test]
fn keys_are_listed_in_order_a_page_at_a_time() {
    let folder = Folder::new();
    let (mut system, jars) = open(&folder);
    for key in ["c", "a", "d", "b"] {
        system.find(jars, key).expect("a jar");
    }
    drop(system);
    let (mut system, jars) = open(&folder);
    let first = system.keys(jars, None, 3).expect("keys");
    let rest = system.keys(jars, first.last().map(String::as_str), 3).expect("keys");
    assert_eq!((first.join(""), rest.join("")), ("abc".into(), "d".into()));
}
