//! Actors for the tests.
use peerd::prelude::*;
use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex},
    thread,
    time::Duration,
};

/// Writes down who said what, in order.
#[derive(Message)]
pub enum Note {
    Write { by: u32, number: u32 },
    Written(Reply<Vec<(u32, u32)>>),
    Keep(Reply<u32>),
    AnswerKept,
    Crash,
    Panic,
    Stop,
}

#[derive(Serialize, Deserialize)]
pub struct Scribe {
    written: Vec<(u32, u32)>,
    kept: Vec<Reply<u32>>,
}

impl Actor for Scribe {
    const NAME: &'static str = "scribe";
    type Args = ();
    type Message = Note;

    fn init((): (), _: &mut Context<'_, '_, Scribe>) -> Result<Scribe, Crash> {
        Ok(Scribe { written: Vec::new(), kept: Vec::new() })
    }

    fn handle(&mut self, note: Note, cx: &mut Context<'_, '_, Scribe>) -> Result<(), Crash> {
        match note {
            Note::Write { by, number } => self.written.push((by, number)),
            Note::Written(reply) => cx.reply(reply, &self.written),
            Note::Keep(reply) => self.kept.push(reply),
            Note::AnswerKept => self.kept.drain(..).for_each(|reply| cx.reply(reply, &7)),
            Note::Crash => return Err(crash("ink", "the ink is spilt")),
            Note::Panic => panic!("the scribe has a bug"),
            Note::Stop => cx.stop(Reason::ShutdownWith("told".into())),
        }
        Ok(())
    }
}

/// Its turn does not return before its number is let go: the vat's thread stands. Of 0 it is only slow.
#[derive(Serialize, Deserialize)]
pub struct Sleeper;

static AWAKE: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
static WOKEN: Condvar = Condvar::new();

pub fn let_go(number: u64) {
    AWAKE.lock().expect("nobody panics with it").insert(number);
    WOKEN.notify_all();
}

impl Actor for Sleeper {
    const NAME: &'static str = "sleeper";
    type Args = ();
    type Message = u64;

    fn init((): (), _: &mut Context<'_, '_, Sleeper>) -> Result<Sleeper, Crash> {
        Ok(Sleeper)
    }

    fn handle(&mut self, number: u64, _: &mut Context<'_, '_, Sleeper>) -> Result<(), Crash> {
        if number == 0 {
            thread::sleep(Duration::from_millis(5));
            return Ok(());
        }
        let awake = AWAKE.lock().expect("nobody panics with it");
        let _awake = WOKEN.wait_while(awake, |awake| !awake.contains(&number)).expect("nobody panics with it");
        Ok(())
    }
}

/// Sets every message aside until an exit signal opens it.
#[derive(Serialize, Deserialize)]
pub struct Shop {
    open: bool,
    sold: u32,
}

impl Actor for Shop {
    const NAME: &'static str = "shop";
    type Args = ();
    type Message = Option<Reply<u32>>;

    fn init((): (), cx: &mut Context<'_, '_, Shop>) -> Result<Shop, Crash> {
        cx.trap_exits(true);
        Ok(Shop { open: false, sold: 0 })
    }

    fn handle(&mut self, asked: Option<Reply<u32>>, cx: &mut Context<'_, '_, Shop>) -> Result<(), Crash> {
        match asked {
            _ if !self.open => cx.defer(),
            None => self.sold += 1,
            Some(reply) => cx.reply(reply, &self.sold),
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Shop>) -> Result<(), Crash> {
        if matches!(signal, Signal::Exit { reason: Reason::Shutdown, .. }) {
            cx.stop(Reason::Shutdown);
        }
        self.open = true;
        cx.become_tag(1);
        Ok(())
    }
}

/// Says so when it goes; one that is stubborn stays.
#[derive(Serialize, Deserialize)]
pub struct Guest {
    name: String,
    door: Addr<String>,
    is_stubborn: bool,
}

impl Actor for Guest {
    const NAME: &'static str = "guest";
    type Args = (String, Addr<String>, bool);
    type Message = ();

    fn init((name, door, is_stubborn): Self::Args, cx: &mut Context<'_, '_, Guest>) -> Result<Guest, Crash> {
        cx.trap_exits(true);
        Ok(Guest { name, door, is_stubborn })
    }

    /// Busy for ever: it tells itself again.
    fn handle(&mut self, (): (), cx: &mut Context<'_, '_, Guest>) -> Result<(), Crash> {
        let me = cx.me();
        cx.send(me, &());
        Ok(())
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Guest>) -> Result<(), Crash> {
        if let Signal::Exit { reason, .. } = signal
            && !self.is_stubborn
        {
            cx.stop(reason);
        }
        Ok(())
    }

    fn terminate(&mut self, _: &Reason, cx: &mut Context<'_, '_, Guest>) {
        cx.send(self.door, &self.name);
    }
}

/// Asks native code, and says what came.
#[derive(Message)]
pub enum Errand {
    Ask { ms: u64, whom: Addr<Question> },
    Came(Result<u64, Settle>),
    Tell { whom: Addr<Vec<u8>>, times: u32 },
}

#[derive(Message)]
pub struct Question {
    pub number: u64,
    pub answer: Reply<u64>,
}

#[derive(Serialize, Deserialize)]
pub struct Runner {
    diary: Addr<String>,
}

impl Actor for Runner {
    const NAME: &'static str = "runner";
    type Args = Addr<String>;
    type Message = Errand;

    fn init(diary: Addr<String>, _: &mut Context<'_, '_, Runner>) -> Result<Runner, Crash> {
        Ok(Runner { diary })
    }

    fn handle(&mut self, errand: Errand, cx: &mut Context<'_, '_, Runner>) -> Result<(), Crash> {
        match errand {
            Errand::Ask { ms, whom } => cx.ask_within(ms, whom, |answer| Question { number: 20, answer }, Errand::Came),
            Errand::Came(came) => cx.send(self.diary, &format!("{came:?}")),
            Errand::Tell { whom, times } => (0..times).for_each(|_| cx.send(whom, &Vec::new())),
        }
        Ok(())
    }
}

/// Knows the answer: thrice the number.
#[derive(Serialize, Deserialize)]
pub struct Oracle;

impl Actor for Oracle {
    const NAME: &'static str = "oracle";
    type Args = ();
    type Message = Question;

    fn init((): (), _: &mut Context<'_, '_, Oracle>) -> Result<Oracle, Crash> {
        Ok(Oracle)
    }

    fn handle(&mut self, question: Question, cx: &mut Context<'_, '_, Oracle>) -> Result<(), Crash> {
        cx.reply(question.answer, &(question.number * 3));
        Ok(())
    }
}

/// After so many milliseconds each, its own clock twice: when it was told, and when it rang.
#[derive(Serialize, Deserialize)]
pub struct Clockwork {
    bell: Addr<(u64, u64)>,
    set: u64,
}

impl Actor for Clockwork {
    const NAME: &'static str = "clockwork";
    type Args = Addr<(u64, u64)>;
    type Message = u64;

    fn init(bell: Addr<(u64, u64)>, _: &mut Context<'_, '_, Clockwork>) -> Result<Clockwork, Crash> {
        Ok(Clockwork { bell, set: 0 })
    }

    fn handle(&mut self, ms: u64, cx: &mut Context<'_, '_, Clockwork>) -> Result<(), Crash> {
        self.set = cx.now().0;
        cx.timer(0, ms);
        Ok(())
    }

    fn signal(&mut self, _: Signal, cx: &mut Context<'_, '_, Clockwork>) -> Result<(), Crash> {
        cx.send(self.bell, &(self.set, cx.now().0));
        Ok(())
    }
}

pub fn system() -> peerd_native::System {
    peerd_native::System::new(behaviours())
}

pub fn behaviours() -> Vec<Box<dyn peerd_vat::Behaviour>> {
    vec![
        behaviour::<Scribe>(),
        behaviour::<Sleeper>(),
        behaviour::<Shop>(),
        behaviour::<Guest>(),
        behaviour::<Runner>(),
        behaviour::<Oracle>(),
        behaviour::<Clockwork>(),
    ]
}
